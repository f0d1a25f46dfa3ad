//! Sheets of Excel: what another program wrote, places, errors, broken files.

use std::fmt::Write as _;

use arrow::datatypes::DataType;
use serde_json::{Value, json};

use crate::source::{Load, Source, promise};

fn book() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/excel/book.xlsx")).unwrap()
}

async fn load(options: Value) -> Load {
    let source = Source::files();
    source.write("book.xlsx", book());
    source.read(&source.request("book.xlsx", options)).await.unwrap()
}

async fn error(content: Vec<u8>, options: Value) -> String {
    let source = Source::files();
    source.write("book.xlsx", content);
    source.read_error(&source.request("book.xlsx", options)).await.to_string()
}

/// An archive of parts that are not packed, as nobody but a test writes it.
pub(crate) fn archive(parts: &[(&str, String)]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let u16_of = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
        let u32_of = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
        let place = bytes.len();
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        bytes.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
        list.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
        for header in [&mut bytes, &mut list] {
            header.extend(crc.sum().to_le_bytes());
            header.extend(u32_of(content.len()));
            header.extend(u32_of(content.len()));
            header.extend(u16_of(name.len()));
        }
        bytes.extend([0; 2]);
        list.extend([0; 12]);
        list.extend(u32_of(place));
        bytes.extend(name.as_bytes());
        list.extend(name.as_bytes());
        bytes.extend(content.as_bytes());
    }
    let place = bytes.len();
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    bytes.extend(&list);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    bytes.extend(u32::try_from(list.len()).unwrap().to_le_bytes());
    bytes.extend(u32::try_from(place).unwrap().to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// A workbook of one sheet with these rows.
fn workbook(rows: &str) -> Vec<u8> {
    let relations = "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/one.xml\"/></Relationships>";
    archive(&[
        ("xl/_rels/workbook.xml.rels", relations.to_owned()),
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"One\" r:id=\"r1\"/></sheets></workbook>".to_owned()),
        (
            "xl/worksheets/one.xml",
            format!("<x:worksheet xmlns:x=\"m\"><x:sheetData>{rows}</x:sheetData></x:worksheet>"),
        ),
    ])
}

#[tokio::test]
async fn values_are_what_excel_shows_and_numbers_as_they_are() {
    let load = load(json!({})).await;
    assert_eq!(
        load.columns(),
        [
            "id bigint",
            "customer varchar",
            "amount double",
            "day date",
            "at timestamp",
            "opens varchar",
            "paid boolean",
            "zip varchar",
            "total double"
        ]
    );
    assert_eq!(
        load.rows(),
        [
            "1|Zoë & <Söhne>|12.5|2026-01-31|2026-01-31T10:30:15|09:30:00|true|01234|25.0",
            "2|  spaced  |0.3|1999-12-31|2000-02-29T00:00:00|23:59:00|false|99999|0.6000000000000001",
            "3|rich text too|1e-7|NULL|NULL|NULL|NULL|NULL|NULL",
        ]
    );
    let source = Source::files();
    source.write("book.xlsx", book());
    let table = source.open().await.browse().await.unwrap().remove(0);
    assert_eq!(table.notes[0], "it has other sheets, which `sheet` reads: Errors, Offset");
    assert_eq!((table.from.as_str(), table.columns.len()), ("book.xlsx", 9));
}

#[tokio::test]
async fn sheets_and_ranges_are_named() {
    let options = json!({ "sheet": "Offset", "range": "B3:C5" });
    let found = load(options).await;
    assert_eq!(
        (found.columns(), found.rows()),
        (vec!["name varchar".to_owned(), "qty bigint".to_owned()], vec!["x|1".to_owned(), "y|2".to_owned()])
    );
    // Of cells that are merged, the first has the value.
    let found = load(json!({ "sheet": "Offset", "range": "B3:C9" })).await;
    assert_eq!(found.rows()[2], "merged total|NULL");
    let found = load(json!({ "sheet": "Offset", "range": "B4:C5", "header": false, "names": ["a", "b"] })).await;
    assert_eq!(found.rows(), ["x|1", "y|2"]);
    for (options, expected) in [
        (json!({ "sheet": "Of" }), "it has no sheet `Of`; set `sheet` to one of Umsätze & mehr, Errors, Offset"),
        (
            json!({ "sheet": "Offset", "range": "B3" }),
            "sheet `Offset`, cell F4: something stands beside the columns of the header",
        ),
        (json!({ "range": "B" }), "`range` is no place in a sheet; write `B3`, or `B3:F100`"),
        (json!({ "range": "B900" }), "there is nothing in it, not even a header row"),
    ] {
        let found = error(book(), options).await;
        assert!(found.contains(expected), "{found}");
    }
}

#[tokio::test]
async fn errors_of_formulas_stop_or_are_null() {
    let found = error(book(), json!({ "sheet": "Errors" })).await;
    assert!(found.contains("sheet `Errors`, cell B2: the cell holds an error (#N/A); correct its formula"), "{found}");
    let load = load(json!({ "sheet": "Errors", "errors": "null" })).await;
    assert_eq!((load.columns()[1].as_str(), load.rows()), ("b bigint", vec!["1|NULL".to_owned(), "2|5".to_owned()]));
}

#[tokio::test]
async fn large_sheets_are_read_in_order_and_by_their_own_rows() {
    let mut rows = "<x:row r=\"3\"><x:c t=\"inlineStr\"><x:is><x:t>id</x:t></x:is></x:c><x:c t=\"str\"><x:v>name</x:v></x:c></x:row>".to_owned();
    for id in 0..60_000 {
        write!(rows, "<x:row r=\"{0}\"><x:c r=\"B{0}\" t=\"str\"><x:v>n &amp; {id}</x:v></x:c><x:c r=\"A{0}\"><x:v>{id}</x:v></x:c></x:row>", id + 5).unwrap();
    }
    let source = Source::files();
    source.write("t.xlsx", workbook(&rows));
    let mut request = source.request("t.xlsx", json!({}));
    let load = source.read(&request).await.unwrap();
    let found = load.rows();
    assert_eq!(
        (found.len(), found[59_999].as_str(), load.plan.units[0].rows),
        (60_000, "59999|n & 59999", Some(60_000))
    );
    let snapshot = source.open().await.snapshot().await.unwrap();
    let place = snapshot.place_of_row(&load.plan, &load.plan.units[0], 50_000).await.unwrap();
    assert_eq!(place.unwrap().to_string(), "`t.xlsx`, row 50005");
    request.promised = promise(&[("id", DataType::Int16), ("name", DataType::Utf8)]);
    let found = source.read_error(&request).await.to_string();
    assert!(found.starts_with("`t.xlsx`, row 32773, column `id`: expected smallint"), "{found}");
}

#[tokio::test]
async fn each_version_of_a_workbook_takes_the_place_of_the_last() {
    let row = |id: u32| format!("<row><c><v>{id}</v></c></row>");
    let content = |id: u32| workbook(&format!("<row><c t=\"str\"><v>id</v></c></row>{}", row(id)));
    let source = Source::files();
    source.write("t.xlsx", content(1));
    let mut request = source.request("t.xlsx", json!({}));
    request.mode = crate::source::incremental(None, None);
    let first = source.read(&request).await.unwrap();
    request.position = first.position(None, "b");
    assert_eq!(source.plan(&request).await.unwrap().units.len(), 0);
    source.write("t.xlsx", content(2));
    let second = source.read(&request).await.unwrap();
    assert_eq!((second.rows(), second.plan.units[0].replaces_batch.as_deref()), (vec!["2".to_owned()], Some("b0")));
}

#[tokio::test]
async fn broken_workbooks_are_told() {
    let whole = book();
    // A letter of a text is another one, where nothing else would notice.
    let mut damaged = workbook("<row><c t=\"str\"><v>name</v></c></row><row><c t=\"str\"><v>Anna</v></c></row>");
    let letter = damaged.windows(4).position(|letters| letters == b"Anna").unwrap();
    damaged[letter] = b'H';
    for (content, expected) in [
        (Vec::new(), "it is no workbook, or it is cut off"),
        (b"id,name\n1,x\n".to_vec(), "it is no workbook, or it is cut off"),
        (whole[..whole.len() / 2].to_vec(), "it is no workbook, or it is cut off"),
        (b"\xD0\xCF\x11\xE0old".to_vec(), "it is a workbook of an old Excel, or one with a password"),
        (archive(&[("a.txt", String::new())]), "a part is missing that every workbook has"),
        (workbook("<row><c t=\"s\"><v>7</v></c></row>"), "cell A1: the cell is broken"),
        (workbook("<row><c"), "its sheet is no XML that can be read"),
        (workbook(""), "there is nothing in it, not even a header row"),
        (damaged, "its sheet is no XML that can be read, or it is damaged"),
    ] {
        let found = error(content, json!({})).await;
        assert!(found.contains("book.xlsx") && found.contains(expected), "{found}\nexpected\n{expected}");
    }
}

#[tokio::test]
async fn texts_are_numbers_and_dates_in_the_form_that_is_named() {
    let cell = |kind: &str, value: &str| format!("<c t=\"{kind}\"><v>{value}</v></c>");
    let row = |cells: [(&str, &str); 3]| {
        let cells: String = cells.iter().map(|(kind, value)| cell(kind, value)).collect();
        format!("<row>{cells}</row>")
    };
    let rows = [
        row([("str", "amount"), ("str", "due"), ("str", "code")]),
        row([("str", "1.079,52"), ("str", "27.12.2026"), ("str", "0123")]),
        // A number of the sheet is one already.
        row([("n", "79.5"), ("str", "1.2.2026"), ("str", "4567")]),
    ];
    let source = Source::files();
    source.write("t.xlsx", workbook(&rows.concat()));
    let options = json!({ "decimal": ",", "date_format": "%d.%m.%Y" });
    let load = source.read(&source.request("t.xlsx", options)).await.unwrap();
    assert_eq!(load.rows(), ["1079.52|2026-12-27|0123", "79.5|2026-02-01|4567"]);
}
