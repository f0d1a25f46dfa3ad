//! The generated pages of the handbook, and the schemas for editors, are what the program says.
//!
//! `ADE_UPDATE=1 cargo nextest run -p ade-cli reference` writes them anew.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::handbook::{root, update};

#[test]
fn pages_and_schemas_are_what_the_program_says() {
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reference");
    let _ = fs::remove_dir_all(&made);
    let (pages, schemas) = (root().join("docs/reference"), root().join("schemas"));
    let (new_pages, new_schemas) =
        if update() { (pages.clone(), schemas.clone()) } else { (made.join("pages"), made.join("schemas")) };
    let status = Command::new(env!("CARGO_BIN_EXE_ade"))
        .arg("reference")
        .arg("--dir")
        .arg(&new_pages)
        .arg("--schemas")
        .arg(&new_schemas)
        .env_remove("ADE_PROJECT_DIR")
        .env_remove("ADE_ENV")
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    for (committed, new) in [(&pages, &new_pages), (&schemas, &new_schemas)] {
        let (committed, new) = (texts(committed), texts(new));
        let names = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&committed), names(&new));
        for (name, text) in &new {
            assert!(committed[name] == *text, "{name} is not what the program says; ADE_UPDATE=1 writes it anew");
        }
    }
}

fn texts(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}
