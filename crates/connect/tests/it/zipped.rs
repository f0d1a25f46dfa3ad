//! Files in ZIP archives.
use serde_json::json;

use crate::excel::archive;
use crate::source::Source;

#[tokio::test]
async fn the_one_file_of_an_archive_is_read() {
    let source = Source::files();
    let text = "id,name\n1,ada\n2,alan\n".to_owned();
    source.write(
        "t.csv.zip",
        archive(&[("export/", String::new()), ("export/t.csv", text), ("__MACOSX/._t.csv", "x".to_owned())]),
    );
    let load = source.read(&source.request("t.csv.zip", json!({}))).await.unwrap();
    assert_eq!(
        (load.columns(), load.rows()),
        (vec!["id bigint".into(), "name varchar".into()], vec!["1|ada".into(), "2|alan".into()])
    );
}

#[tokio::test]
async fn an_archive_that_says_nothing_or_too_much_is_told() {
    let two = archive(&[("a.csv", "id\n1\n".to_owned()), ("b.csv", "id\n2\n".to_owned())]);
    let mut damaged = archive(&[("a.csv", "id,name\n1,ada\n".to_owned())]);
    let at = damaged.windows(3).position(|bytes| bytes == b"ada").unwrap();
    damaged[at] = b'o';
    let cut = damaged[..20].to_vec();
    for (content, expected) in [
        (two, "2 files are in the archive, and a table is read from one"),
        (archive(&[]), "0 files are in the archive"),
        (damaged, "it cannot be decompressed"),
        (cut, "it is no ZIP archive, or it is cut off"),
    ] {
        let source = Source::files();
        source.write("t.csv.zip", content);
        let told = source.read_error(&source.request("t.csv.zip", json!({}))).await.to_string();
        assert!(told.contains(expected) && !told.contains("oda"), "{told}");
    }
}
