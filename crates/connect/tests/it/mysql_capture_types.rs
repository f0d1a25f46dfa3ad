//! Values of MariaDB's binary log, against what a read of the table gives.

use serde_json::json;

use crate::mysql_capture::{Copy, logging};
use crate::mysql_types::TYPES;

/// More of what a log writes otherwise than a statement does.
const MORE: &[(&str, &[&str])] = &[
    ("time(1)", &["'-00:00:00.1'", "'-10:11:12.9'", "'838:59:59.9'", "'00:00:00.5'"]),
    ("time(2)", &["'-00:00:01.25'", "'-00:01:00'", "'00:00:00.01'"]),
    ("time(4)", &["'-00:00:00.0001'", "'-00:00:01.0001'", "'01:00:00.9999'"]),
    ("time(6)", &["'-838:59:59.999999'", "'-00:00:00.000001'", "'-01:00:00'"]),
    ("datetime(1)", &["'2024-02-29 23:59:59.9'"]),
    ("datetime(5)", &["'1969-12-31 00:00:00.00001'"]),
    ("timestamp(2) null", &["'1970-01-01 05:30:01.25'", "'2038-01-19 08:44:07'"]),
    ("decimal(9,9)", &["0.000000001", "-0.999999999"]),
    ("decimal(18,9)", &["123456789.000000001", "-1"]),
    ("decimal(20,3)", &["-12345678901234567.001", "0", "0.001"]),
    ("decimal(3,0)", &["-999", "7"]),
    ("decimal(65,0)", &["repeat('9', 65)"]),
    ("enum('a','b','ü,''x','')", &["'ü,''x'", "''", "1", "2"]),
    ("enum('ä','€') character set latin1", &["'€'"]),
    ("set('a','b','c','d','e','f','g','h','i')", &["'i,a'", "'h'", "''"]),
    ("char(200) character set utf8mb4", &["repeat('ü', 200)", "''", "' a'"]),
    ("char(255) character set utf32", &["'😀'", "repeat('x', 255)"]),
    ("varchar(300) character set utf16le", &["'😀é'", "repeat('x', 300)"]),
    ("varchar(300) character set latin1", &["repeat('€', 300)", "unhex('818d')"]),
    ("text character set utf16", &["'😀'"]),
    ("varchar(20) character set ascii", &["'a'"]),
    ("mediumtext", &["repeat('ü', 40000)"]),
    ("binary(16)", &["x'00'", "x'0a000000000000000000000000000b00'", "''"]),
    ("binary(255)", &["x'ff00'"]),
    ("varbinary(300)", &["repeat(x'00', 300)", "x'00'"]),
    ("tinyblob", &["x'00ff00'"]),
    ("blob", &["repeat(x'00', 300)"]),
    ("bit(1)", &["0", "1"]),
    ("bit(9)", &["b'100000001'"]),
    ("bit(63)", &["b'1'", "~0 >> 1"]),
    ("mediumint", &["-1", "1"]),
    ("float", &["-0.0", "1e-38", "3.4e38"]),
    ("double", &["-0.0", "1.7976931348623157e308"]),
    ("inet6", &["'::'", "'::1'", "'1:0:2:3:4:5:6:7'", "'1::'", "'fe80::1'", "'::1.2.3.4'", "'1:2:0:0:3:0:0:0'"]),
    ("inet4", &["'0.0.0.0'", "'255.0.0.0'"]),
    (
        "uuid",
        &[
            "'6ccd780c-baba-1026-9564-5b8c656024db'",
            "'00000000-0000-0000-0000-000000000000'",
            "'018f9c1e-7b2a-7cc3-98c4-dc0c0c07398f'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            "'123e4567-e89b-42d3-a456-426614174000'",
        ],
    ),
    ("linestring", &["linestring(point(0, 0), point(1.5, -2))"]),
    ("int(3) zerofill", &["7"]),
    ("json", &["'{\"b\": 1, \"a\": \"ü\"}'", "'[]'"]),
];

async fn all_types(metadata: &str) {
    let source = logging(&[&format!("--binlog-row-metadata={metadata}"), "--sql-mode=ALLOW_INVALID_DATES"], "select 1");
    let dates: &[(&str, &[&str])] = &[
        ("date not null", &["'0000-00-00'", "'2024-02-31'"]),
        ("datetime(3) not null", &["'0000-00-00'", "'2024-02-31 01:02:03.5'"]),
        ("timestamp not null default 0", &["0"]),
    ];
    let all: Vec<(&str, &[&str])> = TYPES.iter().map(|(declared, values, ..)| (*declared, *values)).collect();
    let all: Vec<_> = all.iter().chain(MORE).chain(dates).copied().collect();
    let columns: Vec<_> = all.iter().enumerate().map(|(place, (declared, _))| format!("c{place} {declared}")).collect();
    let count = all.iter().map(|(_, values)| values.len()).max().unwrap();
    // Rows are limited to 65,535 bytes: a few columns in each table.
    let mut names = Vec::new();
    for (table, columns) in columns.chunks(12).enumerate() {
        source.execute(&format!("create table t{table} (id int primary key, {})", columns.join(", ")));
        names.push(format!("t{table}"));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut copy = Copy::default();
    copy.round(&source, &names).await;
    for (table, chunk) in all.chunks(12).enumerate() {
        for row in 0..count {
            let values = chunk.iter().map(|(_, values)| values[row % values.len()]);
            let values: Vec<_> = std::iter::once(row.to_string()).chain(values.map(str::to_owned)).collect();
            source.execute(&format!("insert into t{table} values ({})", values.join(", ")));
        }
    }
    let said = copy.round(&source, &names).await;
    assert!(!said.iter().any(|note| note.contains("read again")), "{said:?}");
    let mut wrong = Vec::new();
    for name in &names {
        let mut expected = source.read(&source.request(name, json!({}))).await.unwrap().rows();
        let mut found: Vec<String> = copy.rows(name);
        expected.sort();
        found.sort();
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(&expected) {
            let cells = found.split('|').zip(expected.split('|')).enumerate();
            for (place, (found, expected)) in cells.filter(|(_, (found, expected))| found != expected) {
                let shown = |text: &str| text.chars().take(60).collect::<String>();
                wrong.push(format!("{name} column {place}: found {}, expected {}", shown(found), shown(expected)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), columns.join("\n"));
    assert!(said.iter().filter(|note| note.contains("are no dates")).count() >= 3, "{said:?}");
    // Updates and deletions say their rows as well.
    source.execute("update t0 set id = id + 1000; delete from t1 where id % 2 = 0");
    copy.round(&source, &names).await;
    copy.assert_same(&source, &names).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_from_the_log_as_it_is_read() {
    all_types("MINIMAL").await;
    all_types("FULL").await;
}
