//! Text files in other encodings than UTF-8.

use serde_json::{Value, json};

use crate::source::{Load, Source};

async fn load(name: &str, text: &[u8], options: Value) -> Load {
    let source = Source::files();
    source.write(name, text);
    source.read(&source.request(name, options)).await.unwrap()
}

fn utf16(text: &str, is_big: bool) -> Vec<u8> {
    let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

#[tokio::test]
async fn a_byte_order_mark_tells_utf_16_and_says_more_than_the_option() {
    let text = "\u{feff}name;city\n\"Zoë;\n𝄞\";Gdańsk\n";
    for is_big in [false, true] {
        for options in [json!({}), json!({ "encoding": "windows-1252" })] {
            let load = load("t.csv", &utf16(text, is_big), options).await;
            assert_eq!(load.columns(), ["name varchar", "city varchar"]);
            assert_eq!(load.rows(), ["Zoë;\n𝄞|Gdańsk"]);
        }
    }
    let options = json!({ "encoding": "windows-1252" });
    let load = load("t.csv", "\u{feff}name\nZoë\n".as_bytes(), options).await;
    assert_eq!((load.columns(), load.rows()), (vec!["name varchar".to_owned()], vec!["Zoë".to_owned()]));
}

#[tokio::test]
async fn encodings_are_named_where_nothing_tells_them() {
    for (encoding, bytes, expected) in [
        ("windows-1252", &b"name\nZo\xeb \x80\n"[..], "Zoë €"),
        ("latin-1", b"name\nZo\xeb\n", "Zoë"),
        ("iso-8859-15", b"name\n\xa4\n", "€"),
        ("windows-1251", b"name\n\xc4\xe0\n", "Да"),
        ("shift_jis", b"name\n\x83\x65\x83\x58\x83\x67\n", "テスト"),
        ("gb18030", b"name\n\xd6\xd0\xce\xc4\n", "中文"),
    ] {
        let load = load("t.csv", bytes, json!({ "encoding": encoding })).await;
        assert_eq!(load.rows(), [expected], "{encoding}");
    }
    let text = utf16("{\"name\":\"Zoë\"}\n", false);
    assert_eq!(load("t.jsonl", &text, json!({ "encoding": "utf-16" })).await.rows(), ["Zoë"]);
}

#[tokio::test]
async fn many_blocks_are_decoded_without_loss() {
    let row = "Żółw;\"zażółć\n gęślą\";";
    let rows: Vec<String> = (0..400_000).map(|number| format!("{row}{number}")).collect();
    let text = rows.join("\n");
    let bytes = utf16(&format!("a;b;number\n{text}"), false);
    let load = load("t.csv", &bytes, json!({ "encoding": "utf-16le" })).await;
    let rows = load.rows();
    assert_eq!((rows.len(), rows[399_999].as_str()), (400_000, "Żółw|zażółć\n gęślą|399999"));
}
