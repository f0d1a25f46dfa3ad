//! Data flows one way: a crate uses only what `docs/ARCHITECTURE.md` allows it.
use std::collections::BTreeMap;
use std::process::Command;

/// crate → the crates of the house that it may use outside of tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("ade-diagnostic", &[]),
    ("ade-project", &["ade-diagnostic"]),
    ("ade-privacy", &[]),
    ("ade-connect", &["ade-diagnostic"]),
    ("ade-lake", &[]),
    ("ade-meta", &[]),
    ("ade-engine", &["ade-lake"]),
    ("ade-quality", &["ade-engine"]),
    (
        "ade-run",
        &[
            "ade-connect",
            "ade-diagnostic",
            "ade-engine",
            "ade-lake",
            "ade-meta",
            "ade-privacy",
            "ade-project",
            "ade-quality",
        ],
    ),
    ("ade-server", &["ade-run"]),
    ("ade-cli", &["ade-run", "ade-server", "ade-example-marketplace"]),
    ("ade-example-marketplace", &[]),
    ("plain-datafusion", &[]),
    ("privacy-measures", &["ade-privacy"]),
    ("ade-testing", &[]),
];

#[test]
fn crates_use_only_the_crates_they_may() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(packages.len(), allowed.len(), "a crate is missing from the list of allowed edges, or is gone");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} is not a room of the house"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let uses = dependency["name"].as_str().unwrap();
            if uses.starts_with("ade-") && dependency["kind"].is_null() {
                assert!(may.contains(&uses), "{name} must not use {uses}");
            }
        }
    }
}
