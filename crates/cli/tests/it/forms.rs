//! Numbers and dates as they are written in some country.
use ade_testing::{Folder, Program};

use crate::program::program;

const PROJECT: &str = "name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  inbox: {type: files, path: inbox}
privacy:
  rules:
    - {column: \"*\", class: public}
";
const BILLS: &str =
    "Nr;Betrag;Datum;Gebucht am\n1;79,52;27.12.2026;27.12.2026 13:30\n2;1.234,00;1.2.2026;01.02.2026 09:05\n3;;;\n";

fn project(files: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(&[("ade.yml", PROJECT)]);
    std::fs::create_dir_all(folder.at("inbox")).unwrap();
    for (path, text) in files {
        std::fs::write(folder.at(path), text).unwrap();
    }
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

fn declare(folder: &Folder, table: &str) {
    std::fs::create_dir_all(folder.at("sources")).unwrap();
    let text = format!("sources:\n  - name: shop\n    connection: inbox\n    tables:\n{table}");
    std::fs::write(folder.at("sources/shop.yml"), text).unwrap();
}

#[test]
fn a_decimal_comma_and_dates_with_points_are_found_and_drafted() {
    let (folder, ade) = project(&[("inbox/Rechnungen.csv", BILLS)]);
    let inspected = ade.run(&["inspect", "inbox"]).succeeds().all();
    for words in [
        "decimal: \",\"",
        "date_format: \"%d.%m.%Y\"",
        "timestamp_format: \"%d.%m.%Y %H:%M\"",
        "Betrag      double",
        "Datum       date",
        "Gebucht am  timestamp",
    ] {
        assert!(inspected.contains(words), "{words} in {inspected}");
    }
    ade.run(&["ingest", "inbox/Rechnungen.csv", "--into", "shop.bills", "--accept"]).succeeds();
    assert_eq!(
        ade.rows("select nr, betrag, datum, gebucht_am from shop.bills order by nr"),
        ["1,79.52,2026-12-27,2026-12-27 13:30:00", "2,1234,2026-02-01,2026-02-01 09:05:00", "3,,,"]
    );
    drop(folder);
}

#[test]
fn dates_that_may_be_two_days_are_asked_for() {
    let (_folder, ade) = project(&[
        ("inbox/either.csv", "id,due\n1,03/04/2026\n2,05/06/2026\n"),
        ("inbox/month.csv", "id,due\n1,03/24/2026\n"),
        ("inbox/plain.csv", "id,due,total\n1,2026-03-24,1234.5\n"),
    ]);
    let told = ade.run(&["inspect", "inbox", "--table", "either.csv"]).succeeds().all();
    assert!(
        told.contains("is it day or month that comes first in `due`?") && told.contains("due     varchar"),
        "{told}"
    );
    let told = ade.run(&["inspect", "inbox", "--table", "month.csv"]).succeeds().all();
    assert!(told.contains("date_format: \"%m/%d/%Y\""), "{told}");
    let told = ade.run(&["inspect", "inbox", "--table", "plain.csv"]).succeeds().all();
    assert!(!told.contains("format") && !told.contains("decimal:"), "{told}");
    let decided = ["--with", "date_formats={\"due\":\"%d/%m/%Y\"}"];
    let told = ade.run(&[&["inspect", "inbox", "--table", "either.csv"][..], &decided].concat()).succeeds().all();
    assert!(told.contains("due     date"), "{told}");
}

#[test]
fn columns_may_have_forms_of_their_own_by_the_names_of_the_lake() {
    let (folder, ade) = project(&[("inbox/a.csv", "id;Due;Paid\n1;03/04/26;27.12.2026\n2;2026-05-06;2026-12-28\n")]);
    declare(
        &folder,
        "      - name: a\n        ingest: {from: a.csv, date_format: \"%d.%m.%Y\", date_formats: {due: \"%m/%d/%y\"}}\n        \
         columns: [{name: due, from: Due, data_type: date}, {name: paid, from: Paid, data_type: date}]\n",
    );
    ade.run(&["ingest"]).succeeds();
    // ISO 8601 is read beside both.
    assert_eq!(
        ade.rows("select due, paid from shop.a order by id"),
        ["2026-03-04,2026-12-27", "2026-05-06,2026-12-28"]
    );
    let text = std::fs::read_to_string(folder.at("sources/shop.yml")).unwrap();
    std::fs::write(folder.at("sources/shop.yml"), text.replace("%d.%m.%Y", "%d.%m")).unwrap();
    let told = ade.run(&["check"]).exits(2).all();
    assert!(told.contains("it does not say all of a date") && told.contains("`%d` day"), "{told}");
}

#[test]
fn a_value_in_another_form_is_a_misfit_as_ever() {
    let (folder, ade) =
        project(&[("inbox/a.csv", "id;amount;due\n1;79,52;27.12.2026\n2;79.52;12.27.2026\n3;x;27.12.2026\n")]);
    let table = |drift: &str| {
        format!(
            "      - name: a\n        ingest: {{from: a.csv, mode: incremental, key: [id], decimal: \",\", date_format: \"%d.%m.%Y\"}}\n{drift}        \
             columns: [{{name: id}}, {{name: amount, data_type: \"decimal(9, 2)\"}}, {{name: due, data_type: date}}]\n"
        )
    };
    declare(&folder, &table(""));
    let told = ade.run(&["ingest"]).exits(1).all();
    assert!(
        told.contains("`a.csv`, line 3, column `amount`")
            && told.contains("not written as the options")
            && !told.contains("79.52"),
        "{told}"
    );
    declare(&folder, &table("        drift: {retyped_column: quarantine_rows}\n        max_rejects: 10\n"));
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(told.contains("2 × `amount` is no numeric(9,2), 1 × `due` is no date"), "{told}");
    assert_eq!(ade.rows("select id, amount, due from shop.a"), ["1,79.52,2026-12-27"]);
    declare(&folder, &table("        drift: {retyped_column: quarantine_value}\n        max_rejects: 10\n"));
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(
        ade.rows("select id, amount, due from shop.a order by id"),
        ["1,79.52,2026-12-27", "2,,", "3,,2026-12-27"]
    );
    // With the form that the source meant, what was set aside comes back as it was written.
    let text = std::fs::read_to_string(folder.at("sources/shop.yml")).unwrap();
    std::fs::write(
        folder.at("sources/shop.yml"),
        text.replace("decimal: \",\"", "decimal: \".\"").replace("%d.%m.%Y", "%m.%d.%Y"),
    )
    .unwrap();
    ade.run(&["rejects", "replay"]);
    assert_eq!(ade.rows("select amount, due from shop.a where id = 2"), ["79.52,2026-12-27"]);
}
