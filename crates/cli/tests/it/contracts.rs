//! Contracts that are proposed from what has arrived.
use std::fmt::Write as _;

use ade_testing::Folder;

use crate::program::program;

const SOURCES: &str = "sources:
  - name: feed
    connection: feed
    tables:
      - name: t
        ingest: {from: t.csv}
        columns:
          - {name: id, privacy: public}  # the shop's number
          - name: mail
            data_type: varchar
            privacy: email
          - {name: plan, data_type: varchar, privacy: public}
          - {name: secret, data_type: varchar, privacy: username}
          - {name: note, data_type: varchar, privacy: public}
          - {name: paid, data_type: \"decimal(9,2)\", privacy: public}
";

#[test]
fn what_held_for_all_rows_is_proposed_as_a_difference_of_the_file() {
    let mut rows = "id,mail,plan,secret,note,paid\n".to_owned();
    for row in 0..120 {
        let mail = if row == 7 { String::new() } else { format!("a{row}@shop.org") };
        writeln!(rows, "{row},{mail},{},hidden,note {row},{row}.50", ["free", "pro"][row % 2]).unwrap();
    }
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  feed: {type: files, path: feed}\n"),
        ("sources/s.yml", SOURCES),
        ("feed/t.csv", &rows),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["contract", "suggest"]).succeeds().all();
    assert!(told.contains("nothing more to promise"), "nothing has landed: {told}");
    ade.run(&["ingest"]).succeeds();
    let told = ade.run(&["contract", "suggest", "feed.t"]).succeeds().text();
    for line in [
        "--- a/sources/s.yml",
        "-          - {name: id, privacy: public}  # the shop's number",
        "+          - {name: id, privacy: public, data_type: bigint, nullable: false, data_tests: [unique]}  # the shop's number",
        "+          - {name: plan, data_type: varchar, privacy: public, nullable: false, data_tests: [{accepted_values: {values: [\"free\", \"pro\"]}}]}",
        "+          - {name: secret, data_type: varchar, privacy: username, nullable: false}",
        "+          - {name: note, data_type: varchar, privacy: public, nullable: false}",
        "+          - {name: paid, data_type: \"decimal(9,2)\", privacy: public, nullable: false, data_tests: [{accepted_range: {min_value: 0}}]}",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    // One row has no address, and no value is told of what is not public.
    assert!(!told.contains("+            nullable: false") && !told.contains("hidden"), "{told}");
    assert_eq!(folder.read("sources/s.yml"), SOURCES, "it is only proposed");
    ade.run(&["contract", "suggest", "--write"]).succeeds();
    ade.run(&["check"]).succeeds();
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    let told = ade.run(&["contract", "suggest"]).succeeds().all();
    assert!(told.contains("nothing more to promise"), "{told}");
    // The promises are held.
    folder.write("feed/t.csv", format!("{rows}119,z@shop.org,free,hidden,note,-1.00\n"));
    let told = ade.run(&["ingest"]).exits(1).all();
    assert!(told.contains("unique") && told.contains("accepted_range"), "{told}");
    ade.run(&["contract", "suggest", "nobody"]).exits(2);
}
