//! What taps say besides rows, and what they say wrong.
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::scripted::{SOURCES, Scripted};

const BEGIN: &str = "
for stream in ('orders', 'visits', 'countries'):
    schema(stream, id=INTEGER, v=TEXT)
";

#[test]
fn a_new_column_in_the_middle_of_a_stream_goes_through_the_contract() {
    let script = "
row('orders', id=1, v='a')
schema('orders', id=INTEGER, v=TEXT, w=INTEGER)
row('orders', id=2, v='b', w=7)
mark(orders=1)
";
    let shop = Scripted::new(SOURCES);
    let said = shop.fails(&format!("{BEGIN}{script}"));
    assert!(said.contains("column `w` (bigint) of `shop.orders` is not classified"), "{said}");
    assert_eq!(shop.rows("orders"), "1:a", "what came before it has landed");
    // Rules decide about columns that nobody has listed.
    let ade_yml = shop.folder.read("ade.yml");
    shop.folder.write("ade.yml", format!("{ade_yml}privacy:\n  rules:\n    - {{column: w, class: public}}\n"));
    shop.folder.write(
        "sources/s.yml",
        SOURCES.replace("    connection: tap\n", "    connection: tap\n    drift: {new_column: evolve}\n"),
    );
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.ade.rows("select id, w from shop.orders order by id"), ["1,", "2,7"]);
    // A table that is read whole becomes visible at once, so its columns stand when its rows begin.
    let said = shop.fails(&format!(
        "{BEGIN}row('countries', id=1, v='de')\nschema('countries', id=INTEGER, w=INTEGER)\nrow('countries', id=2)"
    ));
    assert!(said.contains("read it with `mode: incremental`"), "{said}");
}

#[test]
fn a_new_version_takes_the_place_of_all_rows_and_not_before_it_is_active() {
    let shop = Scripted::new(SOURCES);
    let rows = "
def version(v, *ids):
    for id in ids:
        say(type='RECORD', stream='orders', record={'id': id, 'v': 'v%d' % v}, version=v)
def activate(v):
    say(type='ACTIVATE_VERSION', stream='orders', version=v)
";
    shop.ingests(&format!("{BEGIN}{rows}activate(1)\nversion(1, 1, 2, 3)\nmark(orders=1)"));
    assert_eq!(shop.rows("orders"), "1:v1 2:v1 3:v1");
    // The same version: rows come in addition. A STATE between the rows of a version that is not active ends no round.
    shop.ingests(&format!("{BEGIN}{rows}activate(1)\nversion(1, 4)\nmark(orders=2)"));
    assert_eq!(shop.rows("orders"), "1:v1 2:v1 3:v1 4:v1");
    let said = shop.fails(&format!("{BEGIN}{rows}version(2, 1)\nmark(orders=3)\nversion(2, 5)\ndie()"));
    assert!(said.contains("exit code 1"), "{said}");
    assert_eq!(shop.rows("orders"), "1:v1 2:v1 3:v1 4:v1");
    shop.ingests(&format!("{BEGIN}{rows}version(2, 1)\nmark(orders=3)\nversion(2, 5)\nactivate(2)\nmark(orders=4)"));
    assert_eq!(shop.rows("orders"), "1:v2 5:v2");
    // One that is announced first, and of which no row comes.
    shop.ingests(&format!("{BEGIN}{rows}activate(3)\nversion(3, 9)\nmark(orders=5)\nversion(3, 8)\nmark(orders=6)"));
    assert_eq!(shop.rows("orders"), "8:v3 9:v3");
    shop.ingests(&format!("{BEGIN}{rows}activate(4)\nmark(orders=7)"));
    assert_eq!(shop.rows("orders"), "");
    let said = shop.fails(&format!("{BEGIN}{rows}version(5, 1)\nmark(orders=8)"));
    assert!(said.contains("`versions: ignore`"), "{said}");
}

#[test]
fn rows_in_files_land_like_others() {
    let shop = Scripted::new(SOURCES);
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    zipped.write_all(b"{\"id\": 1, \"v\": \"a\"}\n\n{\"id\": 2, \"v\": \"b\"}\n").unwrap();
    shop.folder.write("batches/1.jsonl.gz", zipped.finish().unwrap());
    shop.folder.write("batches/2.jsonl", "{\"id\": 3, \"v\": \"c\"}\n");
    let batch = "
def batch(name, compression):
    say(type='BATCH', stream='orders', encoding={'format': 'jsonl', 'compression': compression},
        manifest=['file://' + os.getcwd() + '/batches/' + name])
";
    shop.ingests(&format!(
        "{BEGIN}{batch}row('orders', id=0, v='z')\nbatch('1.jsonl.gz', 'gzip')\nbatch('2.jsonl', 'none')\nmark(orders=1)"
    ));
    assert_eq!(shop.rows("orders"), "0:z 1:a 2:b 3:c");
    let said = shop.fails(&format!("{BEGIN}{batch}batch('1.jsonl.gz', 'zstd')\nmark(orders=2)"));
    assert!(said.contains("a BATCH compressed with `zstd`"), "{said}");
}

#[test]
fn rows_in_parquet_land_like_others() {
    let shop = Scripted::new(SOURCES);
    let rows = "select i::bigint as id, case when i = 2 then null else 'v' || i end as v from generate_series(1, 20000) as n(i)";
    shop.folder.write("batches/README", "");
    shop.ade.run(&["query", "--out", "batches/1.parquet", rows]).succeeds();
    // Nested values are JSON, as they are in lines.
    let nested = "select 20001 as id, array[1, 2] as v";
    shop.ade.run(&["query", "--out", "batches/2.parquet", nested]).succeeds();
    let batch = "
def batch(name):
    say(type='BATCH', stream='orders', encoding={'format': 'parquet', 'compression': 'gzip'},
        manifest=['file://' + os.getcwd() + '/batches/' + name])
";
    shop.ingests(&format!("{BEGIN}{batch}batch('1.parquet')\nrow('visits', id=1)\nbatch('2.parquet')\nmark(orders=1)"));
    let counts = "select count(*), count(distinct id), count(v), sum(id) from shop.orders";
    assert_eq!(shop.ade.rows(counts), ["20001,20001,20000,200030001"]);
    assert_eq!(shop.ade.rows("select v from shop.orders where id in (3, 20001) order by id"), ["v3", "\"[1,2]\""]);
    // A file that is not there, or is none, fails its table alone.
    shop.folder.write("batches/3.parquet", "PAR1 4711-secret");
    for name in ["none.parquet", "3.parquet"] {
        let said = shop.fails(&format!("{BEGIN}{batch}batch('{name}')\nrow('visits', id=7)\nmark(visits=2)"));
        assert!(said.contains(name) && !said.contains("4711-secret"), "{said}");
    }
    assert_eq!(
        shop.ade.rows("select count(*) from shop.visits where id = 7"),
        ["1"],
        "what came before its tap went back comes once"
    );
}

#[test]
fn a_record_without_a_row_is_broken() {
    let shop = Scripted::new(SOURCES);
    let said = shop.fails(&format!("{BEGIN}row('orders', id=1)\nsay(type='RECORD', stream='orders')\nmark(orders=1)"));
    assert!(said.contains("line 5: not a row: its record is missing"), "{said}");
}

#[test]
fn a_version_that_nobody_has_called_active_never_takes_the_place_of_rows() {
    let rows = "
def version(v, *ids):
    for id in ids:
        say(type='RECORD', stream='orders', record={'id': id, 'v': 'v%d' % v}, version=v)
def activate(v):
    say(type='ACTIVATE_VERSION', stream='orders', version=v)
";
    for script in [
        "version(2, 8)\nschema('orders', id=INTEGER, v=TEXT, w=INTEGER)\nversion(2, 9)\ndie()",
        "version(2, 8)\nversion(3, 9)\nmark(orders=3)\ndie()",
        "version(2, 8)\nactivate(3)\nversion(3, 9)\nmark(orders=3)\ndie()",
        "version(2, 8)\nschema('orders', id=INTEGER, v=TEXT, w=INTEGER)\nmark(orders=3)",
    ] {
        let shop = Scripted::new(SOURCES);
        shop.ingests(&format!("{BEGIN}{rows}activate(1)\nversion(1, 1, 2)\nmark(orders=1)"));
        let said = shop.fails(&format!("{BEGIN}{rows}{script}"));
        assert!(said.contains("`versions: ignore`"), "{said}");
        assert_eq!(shop.rows("orders"), "1:v1 2:v1", "{script}");
    }
}

#[test]
fn a_tap_without_a_word_on_where_it_is_is_told_what_comes_of_it() {
    let shop = Scripted::new(SOURCES);
    let script = format!("{BEGIN}row('orders', id=1)\nrow('visits', id=1)");
    let said = shop.ingests(&script);
    assert!(said.contains("the tap said no STATE, so all of `visits` comes again"), "{said}");
    assert!(!shop.ingests(&format!("{script}\nmark(visits=1)")).contains("said no STATE"));
}

#[test]
fn what_is_no_message_fails_the_run_with_its_line_and_without_its_text() {
    for (script, expected) in [
        ("print('hello 4711-secret')", "line 5: not a message of a tap: it is not a line of JSON"),
        (
            "print('{\"type\": \"RECORD\", \"stream\": \"orders\", \"record\": {\"id\": 4711-secret}}')",
            "line 5: not a row",
        ),
        ("row('orders', id='4711-secret')", "line 5, column `id`: expected bigint, found text of 11 characters"),
        (
            "sys.stdout.flush(); sys.stdout.buffer.write(b'{\"type\": \"RECORD\", \"stream\": \"orders\", \"record\": {\"v\": \"\\xff4711-secret\"}}\\n')",
            "not UTF-8",
        ),
    ] {
        let shop = Scripted::new(SOURCES);
        let said = shop.fails(&format!("{BEGIN}row('orders', id=1)\n{script}\nmark(orders=1)"));
        assert!(said.contains(expected), "{script}: {said}");
        assert!(!said.contains("4711-secret"), "{said}");
        assert!(!shop.folder.at("lake/shop/orders/_delta_log").exists(), "{script}");
    }
}

#[test]
fn a_line_may_be_larger_than_any_buffer() {
    let shop = Scripted::new(SOURCES);
    shop.ingests(&format!("{BEGIN}row('orders', id=1, v='x' * 5_000_000)\nrow('orders', id=2, v='y')\nmark(orders=1)"));
    assert_eq!(shop.ade.rows("select id, length(v) from shop.orders order by id"), ["1,5000000", "2,1"]);
}

#[test]
fn rows_of_streams_that_no_table_is_for_are_told_and_not_landed() {
    let shop = Scripted::new(SOURCES);
    let said = shop
        .ingests(&format!("{BEGIN}row('other', id=1)\nrow('other', id=2)\nrow('orders', id=1, v='a')\nmark(orders=1)"));
    assert!(said.contains("2 rows of stream `other` came"), "{said}");
    assert_eq!(shop.rows("orders"), "1:a");
}

#[test]
fn times_and_deletions_that_a_tap_tells_are_columns_like_others() {
    let sources = SOURCES.replace(
        "        ingest: {mode: incremental, key: [id]}\n        columns:\n",
        "        ingest: {mode: incremental, key: [id]}\n        deleted: _sdc_deleted_at\n        columns:\n          - {name: _sdc_deleted_at, data_type: timestamptz, privacy: public}\n          - {name: _sdc_extracted_at, data_type: timestamptz, privacy: public}\n",
    );
    let shop = Scripted::new(&sources);
    let begin = BEGIN.replace("('orders', 'visits'", "('visits'")
        + "schema('orders', id=INTEGER, v=TEXT, _sdc_deleted_at=TIME)\n";
    let row = "say(type='RECORD', stream='orders', record={'id': 1, 'v': 'a', '_sdc_deleted_at': None}, time_extracted='2026-01-02T03:04:05Z')";
    shop.ingests(&format!("{begin}{row}\nrow('orders', id=2, v='b')\nmark(orders=1)"));
    let rows = shop.ade.rows("select id, _sdc_extracted_at from shop.orders order by id");
    assert!(rows[0].starts_with("1,2026-01-02") && rows[1] == "2,", "{rows:?}");
    shop.ingests(&format!("{begin}row('orders', id=1, v='a', _sdc_deleted_at='2026-01-03T00:00:00Z')\nmark(orders=2)"));
    assert_eq!(shop.rows("orders"), "2:b");
}

#[test]
fn what_a_tap_says_is_shown_without_secrets_and_values() {
    let shop = Scripted::with(SOURCES, "config: {api_token: \"${env:TAP_TOKEN}\", site: acme}");
    shop.plan(&format!(
        "{BEGIN}
sys.stderr.write('ERROR login with ' + config['api_token'] + ' at ' + config['site'] + ' failed for jo@mail.example {{\"v\": \"raw\"}}\\n')
row('orders', id=1, v='a')
mark(orders=1)
"
    ));
    let said = shop.ade.env("TAP_TOKEN", "hunter2-token").run(&["ingest"]).succeeds().all();
    assert!(said.contains("login with … at acme failed for … {…}"), "{said}");
    for hidden in ["hunter2", "jo@mail", "raw"] {
        assert!(!said.contains(hidden), "{said}");
    }
}

#[test]
fn a_broken_row_goes_the_way_of_the_contract() {
    let kept = SOURCES.replace("    connection: tap\n", "    connection: tap\n    drift: {broken_record: quarantine_rows, retyped_column: quarantine_rows}\n    max_rejects: 10\n");
    let shop = Scripted::new(&kept);
    let said = shop.ingests(&format!(
        "{BEGIN}row('orders', id=1, v='a')\nprint('{{\"type\": \"RECORD\", \"stream\": \"orders\", \"record\": {{\"id\": 4711-secret}}}}')\nrow('orders', id='4712-secret', v='b')\nrow('orders', id=3, v='c')\nmark(orders=1)"
    ));
    assert_eq!(shop.rows("orders"), "1:a 3:c");
    assert!(said.contains("kept apart") && !said.contains("-secret"), "{said}");
    assert_eq!(
        ade_testing::leaks(&shop.folder.files(), &["4712-secret"])
            .iter()
            .filter(|leak| !leak.place.ends_with("plan.py"))
            .count(),
        0
    );
}

#[test]
fn a_secret_that_is_written_out_in_a_config_is_refused() {
    let shop = Scripted::with(SOURCES, "config: {auth: {client_secret: hunter2}, token_url: 'https://acme.example'}");
    let said = shop.ade.run(&["check"]).exits(2).all();
    assert!(said.contains("`config.auth.client_secret` is a secret") && !said.contains("config.token_url"), "{said}");
}
