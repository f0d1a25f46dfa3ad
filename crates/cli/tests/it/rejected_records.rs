//! Records of files that no row could be made of: too many of them, and those that become rows by other settings.
use crate::rejects::feed;

#[test]
fn a_load_that_cannot_end_well_is_given_up_before_its_end() {
    let (folder, ade) = feed("bad.jsonl", true, b"");
    folder.replace("sources/s.yml", "        drift:", "        max_rejects: 0.5 %\n        drift:");
    let good = "{\"id\": 1, \"note\": \"x\"}\n";
    let bad = format!("{{\"id\": 1, {}\n", "x".repeat(190));
    folder.write("feed/bad.jsonl", format!("{}{good}", bad.repeat(60_000)));
    let told = ade.run(&["ingest"]).exits(1).all();
    let given_up = told.lines().find(|line| line.contains("of the first")).unwrap_or_else(|| panic!("{told}"));
    let number =
        |word: &str| -> u64 { word.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap() };
    let rejected =
        given_up.split(" of the first").next().and_then(|text| text.split(' ').next_back()).map(number).unwrap();
    assert!(rejected < 40_000 && given_up.contains("nothing of it has landed"), "{given_up}");
    // The same number of them among many that are fine is no reason to give up, wherever they are.
    folder.write("feed/bad.jsonl", format!("{}{}", bad.repeat(300), good.repeat(80_000)));
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(told.contains("300 × broken record"), "{told}");
}

#[test]
fn records_land_when_the_settings_of_their_file_are_right() {
    for (content, setting, note) in [
        (b"id,note\n1,fine\n2,\"ha\"lf\n3,other\n".as_slice(), "quote: none", "\"ha\"lf"),
        (b"id,note\n1,fine\n2,Z\xFCrich\n3,other\n".as_slice(), "encoding: windows-1252", "Z\u{fc}rich"),
    ] {
        let (folder, ade) = feed("t.csv", true, content);
        ade.run(&["ingest"]).succeeds();
        let replay = || ade.run(&["rejects", "replay"]).succeeds().all();
        let told = replay();
        assert!(told.contains("1 reject stays: 1 \u{d7} no row can be made of the record: "), "{told}");
        folder.replace("sources/s.yml", "mode: incremental", &format!("mode: incremental, {setting}"));
        let told = replay();
        assert!(told.contains("replayed: 1 row") && !told.contains("stay"), "{told}");
        let mended = format!("select count(*) from feed.t where id = 2 and note = '{note}'");
        assert_eq!(
            (ade.rows(&mended), ade.rows("select count(*) from feed.t")),
            (vec!["1".to_owned()], vec!["3".to_owned()])
        );
        // Twice is once, and the row goes with its file.
        replay();
        assert_eq!(ade.rows("select count(*) from feed.t"), ["3"]);
        folder.write("feed/t.csv", "id,note\n1,fine\n4,new\n");
        ade.run(&["ingest"]).succeeds();
        assert_eq!(ade.rows("select id from feed.t order by 1"), ["1", "4"]);
        assert_eq!(ade.rows("select count(*) from ade.rejects"), ["0"]);
    }
}

#[test]
fn a_record_is_not_put_over_a_row_that_may_be_the_later_one() {
    let (folder, ade) = feed("a.csv", true, b"id,note\n1,\"ha\"lf\n1,same\n2,\"ear\"ly\n3,\"al\"one\n");
    folder.replace("sources/s.yml", "from: a.csv, mode: incremental", "from: '*.csv', mode: incremental, key: [id]");
    ade.run(&["ingest"]).succeeds();
    folder.write("feed/b.csv", "id,note\n2,late\n");
    ade.run(&["ingest"]).succeeds();
    folder.replace("sources/s.yml", "key: [id]", "key: [id], quote: none");
    let told = ade.run(&["rejects", "replay"]).succeeds().all();
    assert!(told.contains("replayed: 1 row"), "{told}");
    assert!(told.contains("2 rejects stay: 2 \u{d7} a row with its key has landed since, or came with it"), "{told}");
    assert_eq!(ade.rows("select id, note from feed.t order by id"), ["1,same", "2,late", "3,\"\"\"al\"\"one\""]);
}
