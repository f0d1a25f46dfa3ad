//! `privacy-measures detection` prints how well columns are told by their values, `privacy-measures obfuscation [SECONDS]` how fast
//! each treatment is: one line of JSON.
#![expect(clippy::unwrap_used, reason = "the made-up values are those of tests")]

#[path = "../../../crates/privacy/tests/it/made/mod.rs"]
mod made;
mod obfuscation;

use std::error::Error;
use std::time::Duration;

use ade_privacy::Kind;
use serde_json::{Value, json};

#[expect(clippy::print_stdout, reason = "the figures go to standard output")]
fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let figures = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["detection"] => detection(),
        ["obfuscation"] => obfuscation::measured(Duration::from_secs(2))?,
        ["obfuscation", seconds] => obfuscation::measured(Duration::from_secs_f64(seconds.parse()?))?,
        _ => return Err("usage: privacy-measures detection | obfuscation [SECONDS]".into()),
    };
    println!("{figures}");
    Ok(())
}

fn detection() -> Value {
    let found = made::measured();
    let line = |kind: Kind| {
        let count = found.counts[&kind];
        json!({
            "kind": kind.name(), "told_by": kind.evidence(), "columns": count.all,
            "precision": count.precision(), "recall": count.recall(),
        })
    };
    json!({"kinds": Kind::ALL.map(line), "others": made::OTHERS.len(), "rows": made::ROWS, "mistakes": found.mistakes.len()})
}
