//! Who was shown plain values stays on record: as long as the lake does, without naming who was erased.
use ade_testing::{Folder, Program};

use crate::program::program;

fn project() -> (Folder, Program) {
    let folder = Folder::with(&[
        (
            "ade.yml",
            "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  feed: {type: files, path: data}\n",
        ),
        (
            "sources/s.yml",
            "sources:\n  - name: crm\n    connection: feed\n    tables:\n      - name: people\n        ingest: {from: people.csv}\n        columns:\n          - {name: id, data_type: bigint, privacy: identifier}\n          - {name: mail, data_type: varchar, privacy: {class: email, treatment: encrypt}}\n",
        ),
        ("data/people.csv", "id,mail\n1,ada@example.com\n2,grace@example.com\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["build"]).succeeds();
    (folder, ade)
}

const RECORD: &str = "select person, reason, \"table\", \"column\", rows from ade.reveals order by revealed_at";

#[test]
fn the_record_is_in_the_lake_and_outlives_the_metadata_and_the_source() {
    let (folder, ade) = project();
    assert_eq!(ade.rows(RECORD), Vec::<String>::new());
    let ade = ade.env("USER", "carla").env("SUDO_USER", "");
    let reveal = |reason: &str| ade.run(&["privacy", "reveal", "crm.people.mail", "--reason", reason]);
    reveal("ticket 1").succeeds();
    let recorded = ade.rows(RECORD);
    assert!(
        recorded[0].starts_with("carla (uid ") && recorded[0].ends_with("),ticket 1,crm.people,mail,2"),
        "{recorded:?}"
    );

    for name in ["meta.db", "meta.db-wal", "meta.db-shm"] {
        let _ = std::fs::remove_file(folder.at(".ade").join(name));
    }
    folder.remove("sources/s.yml");
    let shown = reveal("ticket 2").succeeds().text();
    assert!(shown.contains("ada@example.com"), "{shown}");
    assert_eq!(ade.rows("select reason from ade.reveals order by revealed_at"), ["ticket 1", "ticket 2"]);
    // Upkeep looks after it as after any table, and nobody takes it for one that nobody wants.
    ade.run(&["maintain"]).succeeds();
    ade.run(&["maintain", "--drop", "ade.reveals"]).exits(2);
    assert_eq!(ade.rows("select count(*) from ade.reveals"), ["2"]);
}

#[test]
fn nothing_is_shown_that_is_not_recorded() {
    let (_folder, ade) = project();
    for point in ["lake::stage::write", "lake::commit::after_lease"] {
        let reveal = ["privacy", "reveal", "crm.people.mail", "--reason", "ticket 3"];
        for how in ["return", "return(full)", "return(abort)"] {
            let failed = ade.env("FAILPOINTS", &format!("{point}={how}")).run(&reveal);
            assert_ne!(failed.code, Some(0), "{point}");
            assert!(!failed.all().contains("@example.com"), "{}", failed.all());
        }
    }
    assert_eq!(ade.rows(RECORD), Vec::<String>::new());
}

#[test]
fn who_is_erased_is_not_named_by_the_record() {
    let (folder, ade) = project();
    let reveal = |condition: &str, reason: &str| {
        let opened = ["privacy", "reveal", "crm.people.mail", "--where", condition, "--reason", reason];
        ade.run(&opened).succeeds();
    };
    reveal("id = 1 or 'ada@example.com' = ''", "ticket 1");
    reveal("id = 1", "a letter of Ada@Example.com");
    reveal("id = 2", "ticket 2");
    ade.run(&["privacy", "erase", "--subject", "email=ada@example.com"]).succeeds();
    assert_eq!(ade.rows("select reason from ade.reveals order by revealed_at"), ["ticket 1", "(erased)", "ticket 2"]);
    assert_eq!(
        ade.rows("select condition = '(erased)', count(*) from ade.reveals group by 1 order by 1"),
        ["false,2", "true,1"]
    );
    let written: Vec<_> = folder.files().into_iter().filter(|path| path.starts_with(folder.at("lake"))).collect();
    assert_eq!(ade_testing::leaks(&written, &["a letter of Ada@Example.com"]), []);
    // She is found again only if she is there.
    let again = ade.run(&["privacy", "erase", "--subject", "email=ada@example.com", "--dry-run"]).succeeds().text();
    assert!(!again.contains("would rewrite"), "{again}");
}
