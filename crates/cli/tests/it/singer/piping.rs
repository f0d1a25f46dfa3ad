//! A tap that somebody else runs, piped in.
use std::process::{Command, Stdio};

use super::scripted::{SOURCES, Scripted};
use crate::program::path;

/// Runs `python3 tap.py | ade ingest --singer NAME`; what is printed, what is said, and how it ended.
fn pipe(shop: &Scripted, name: &str) -> (String, String, Option<i32>) {
    let mut tap = Command::new("python3");
    tap.arg("tap.py").current_dir(shop.folder.path()).stdout(Stdio::piped());
    let mut tap = tap.spawn().unwrap();
    let mut ade = Command::new(path());
    ade.args(["ingest", "--singer", name]).current_dir(shop.folder.path());
    let ended = ade.stdin(tap.stdout.take().unwrap()).output().unwrap();
    tap.wait().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(ended.stdout), text(ended.stderr), ended.status.code())
}

#[test]
fn each_state_is_printed_once_its_rows_are_committed() {
    let shop = Scripted::with(SOURCES, "commit_mb: 0");
    let ade_yml = shop.folder.read("ade.yml").replace("    command: [python3, tap.py]\n", "");
    shop.folder.write("ade.yml", ade_yml);
    let begin = "
for stream in ('orders', 'visits', 'countries'):
    schema(stream, id=INTEGER, v=TEXT)
";
    shop.plan(&format!(
        "{begin}
row('orders', id=1, v='a')
mark(orders=1)
row('visits', id=1, v='x')
row('unknown', id=1)
mark(orders=1, visits=1)
"
    ));
    let (printed, said, code) = pipe(&shop, "shop");
    assert_eq!(code, Some(0), "{said}");
    let states: Vec<&str> = printed.lines().collect();
    assert_eq!(states[0], r#"{"bookmarks":{"orders":{"at":1}}}"#);
    assert_eq!(states[1], r#"{"bookmarks":{"orders":{"at":1},"visits":{"at":1}}}"#);
    assert!(said.contains("shop.orders") && said.contains("`unknown`"), "{said}");
    assert_eq!((shop.rows("orders"), shop.rows("visits")), ("1:a".to_owned(), "1:x".to_owned()));
    // A table that fails holds back the STATE of its rows.
    shop.plan(&format!(
        "{begin}\nrow('visits', id=2, v='y')\nmark(visits=2)\nrow('orders', id='no', v='b')\nmark(orders=9)"
    ));
    let (printed, said, code) = pipe(&shop, "shop");
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(printed.trim(), r#"{"bookmarks":{"visits":{"at":2}}}"#);
    assert_eq!(shop.rows("visits"), "1:x 2:y");
    let (_, said, code) = pipe(&shop, "nobody");
    assert_eq!(code, Some(2), "{said}");
}
