//! How well detection tells columns by their values alone, on columns that are made here: precision and recall of each kind.

use std::{fmt::Write as _, sync::Arc};

use ade_privacy::{
    Class, Classes, ColumnPolicy, Keyring, Kind, Obfuscator, Origin, Policy, Redact, Treatment, propose,
};
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};

use crate::made::{self, Dice};

/// What is promised of each kind: precision and recall are at least this.
fn promised(kind: Kind) -> (f64, f64) {
    match kind {
        Kind::Phone => (0.99, 0.95),
        Kind::PersonName => (0.97, 0.95),
        Kind::Place => (0.95, 0.6),
        _ => (0.99, 0.97),
    }
}

#[test]
fn columns_are_told_by_their_values_as_well_as_is_promised() {
    let measured = made::measured();
    let mut table = String::from("| kind | told by | precision | recall |\n|---|---|---:|---:|\n");
    let mut short = Vec::new();
    for kind in Kind::ALL {
        let count = measured.counts[&kind];
        let (precision, recall) = (count.precision(), count.recall());
        writeln!(table, "| `{kind}` | {} | {precision:.3} | {recall:.3} |", kind.evidence()).unwrap();
        let least = promised(kind);
        if precision < least.0 || recall < least.1 {
            short.push(format!("{kind}: {precision:.3} {recall:.3}"));
        }
    }
    assert!(short.is_empty(), "{short:?}\n{table}\n{}", measured.mistakes.join("\n"));
    // The page states what was measured.
    let page = include_str!("../../../../docs/guide/privacy.md");
    assert!(page.contains(&table), "docs/guide/privacy.md should hold this table:\n{table}");
}

fn redacted(texts: &[String]) -> StringArray {
    let schema = Arc::new(Schema::new(vec![Field::new("note", DataType::Utf8, true)]));
    let decided = ColumnPolicy {
        column: "note".to_owned(),
        class: Class::FreeText,
        treatment: Treatment::Redact(Redact { detect: true }),
        origin: Origin::Column,
    };
    let obfuscator = Obfuscator::new(&schema, &Policy::new(vec![decided]), &Keyring::generate([3; 32])).unwrap();
    let batch = RecordBatch::try_new(schema, vec![Arc::new(StringArray::from_iter_values(texts))]).unwrap();
    obfuscator.apply(&batch).unwrap().column(0).as_string::<i32>().clone()
}

#[test]
fn what_is_recognised_does_not_stay_within_texts() {
    let mut dice = Dice::new(11);
    for kind in Kind::ALL {
        // Words and pages without credentials stay in texts: no detection finds names there.
        if matches!(kind, Kind::PersonName | Kind::Place | Kind::Url) {
            continue;
        }
        // A telephone number that is digits alone is told by its column, and in a text it has none.
        let is_told = |value: &String| kind != Kind::Phone || !value.bytes().all(|byte| byte.is_ascii_digit());
        let planted = std::iter::repeat_with(|| made::value(kind, &mut dice)).filter(is_told).take(400);
        let planted: Vec<String> = planted.collect();
        let texts: Vec<String> = planted.iter().map(|value| format!("They wrote {value} into the form.")).collect();
        let left = redacted(&texts);
        let stayed: Vec<&String> = planted
            .iter()
            .zip(left.iter())
            .filter(|(value, text)| text.unwrap().contains(*value))
            .map(|(value, _)| value)
            .collect();
        assert!(
            stayed.is_empty(),
            "{kind}: {} of 400 stayed, as {:?}",
            stayed.len(),
            stayed.iter().take(3).collect::<Vec<_>>()
        );
    }
    let harmless = [
        "We will call you on Monday at 10:30.",
        "Size M fits, 2 of 12 left, for 12.99 each.",
        "See https://shop.example/help",
    ];
    let texts = harmless.map(str::to_owned);
    assert_eq!(redacted(&texts).iter().flatten().collect::<Vec<_>>(), harmless);
}

#[test]
fn names_of_columns_weigh_in_where_values_are_words_or_days() {
    let mut dice = Dice::new(13);
    let classes = Classes::builtin();
    let mut of = |name: &str, kind: Kind| {
        let way = dice.next();
        let sample: ArrayRef = Arc::new(StringArray::from(made::column(kind, made::ROWS, way, &mut dice)));
        let proposal = propose(name, &DataType::Utf8, &sample);
        if let Some(class) = &proposal.class {
            assert!(classes.treatment(class).is_ok(), "{class}");
        }
        proposal.class
    };
    assert_eq!(of("field", Kind::DateOfBirth), Some(Class::DateOfBirth));
    assert_ne!(of("contract_start", Kind::DateOfBirth), Some(Class::DateOfBirth));
    assert_eq!(of("field", Kind::PersonName), Some(Class::PersonName));
    assert_eq!(of("username", Kind::PersonName), Some(Class::Username));
    assert_ne!(of("product_category", Kind::PersonName), Some(Class::PersonName));
    assert_eq!(of("password", Kind::Url), Some(Class::Secret));
    for (name, class) in [
        ("nhs_number", Class::GovernmentId),
        ("mac_address", Class::DeviceId),
        ("wallet_address", Class::CryptoAddress),
        ("website", Class::Url),
        ("Wohnort", Class::Place),
    ] {
        let none: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
        assert_eq!(propose(name, &DataType::Utf8, &none).class, Some(class), "{name}");
    }
}

#[test]
fn documents_are_looked_into() {
    let mut dice = Dice::new(17);
    let mut of = |make: &dyn Fn(&mut Dice) -> String| {
        let sample: ArrayRef = Arc::new(StringArray::from_iter_values((0..60).map(|_| make(&mut dice))));
        let proposal = propose("payload", &DataType::Utf8, &sample);
        assert!(sample.len() == 60 && !proposal.reason.contains("shop.example"), "{}", proposal.reason);
        (proposal.class, proposal.reason)
    };
    let (class, reason) = of(&|dice| {
        format!(r#"{{"v": 1, "to": [{{"x": "{}"}}], "n": {}}}"#, made::value(Kind::UkNino, dice), dice.below(9))
    });
    assert_eq!(class, Some(Class::FreeText));
    assert!(reason.contains("National Insurance"), "{reason}");
    let (class, reason) = of(&|dice| format!(r#"{{"customer": {{"lastName": "{}"}}}}"#, dice.of_letters("xyz", 5)));
    assert_eq!(class, Some(Class::FreeText));
    assert!(reason.contains("person name"), "{reason}");
    let (class, reason) = of(&|dice| format!(r#"{{"colour": "red", "count": {}}}"#, dice.below(9)));
    assert_eq!(class, None, "{reason}");
    assert!(reason.contains("JSON documents"), "{reason}");
}
