//! What `ade query` says about SQL that is wrong: at its place in what the person wrote.
use crate::shop::Shop;

fn told(shop: &Shop, args: &[&str]) -> String {
    let ended = shop.ade.run(args).exits(1);
    assert_eq!(ended.text(), "", "{}", ended.all());
    ended.complaints().trim_end().to_owned()
}

#[test]
fn in_the_text_of_the_command_line() {
    let shop = Shop::new();
    shop.ade.run(&["seed"]).succeeds();
    insta::assert_snapshot!(told(&shop, &["query", "select city,\n       contry\nfrom cities"]), @"
    error[sql-error]: there is no column contry
     --> query:2:8
      |
    1 | select city,
    2 |        contry
      |        ^^^^^^
    3 | from cities
      |
      = help: did you mean country?
    ");
    insta::assert_snapshot!(told(&shop, &["query", "select 'é' as e, nofn(city) from cities"]), @"
    error[sql-error]: there is no function nofn
     --> query:1:18
      |
    1 | select 'é' as e, nofn(city) from cities
      |                  ^^^^
    ");
    insta::assert_snapshot!(told(&shop, &["query", "select city frm cities where"]), @"
    error[sql-syntax]: unexpected \"cities\"
     --> query:1:17
      |
    1 | select city frm cities where
      |                 ^^^^^^
    ");
    insta::assert_snapshot!(told(&shop, &["query", "--limit", "5", "select 'city from cities"]), @"
    error[sql-syntax]: Unterminated string literal
     --> query:1:8
      |
    1 | select 'city from cities
      |        ^
    ");
    insta::assert_snapshot!(told(&shop, &["query", "--limit", "5", "select 1 / (length(city) - 4) from cities"]), @"
    error[sql-error]: division by zero
     |
     = help: write a / nullif(b, 0) to get NULL there
    ");
    let json = shop.ade.run(&["query", "--output", "json", "select contry from cities"]).exits(1).json_lines();
    let place = &json[0]["location"];
    assert_eq!((&json[0]["id"], &place["line"], &place["column"]), (&"sql-error".into(), &1.into(), &8.into()));
}

#[test]
fn in_a_file_with_several_statements() {
    let shop = Shop::new();
    shop.ade.run(&["seed"]).succeeds();
    shop.folder.write(
        "report.sql",
        "-- Käse\nselect count(*) as n from cities;\n\nselect city,\n  contry -- here\nfrom cities;\n",
    );
    let ended = shop.ade.run(&["query", "--format", "csv", "--file", "report.sql"]).exits(1);
    assert_eq!(ended.text(), "n\n3\n", "what came before was answered");
    insta::assert_snapshot!(ended.complaints().trim_end(), @"
    error[sql-error]: there is no column contry
     --> report.sql:5:3
      |
    4 | select city,
    5 |   contry -- here
      |   ^^^^^^
    6 | from cities;
      |
      = help: did you mean country?
    ");
    shop.folder.write("report.sql", "select 1 as one;\nselect 1 / (length(city) - 4) as x\nfrom cities;\n");
    let ended = shop.ade.run(&["query", "--format", "csv", "--file", "report.sql"]).exits(1);
    insta::assert_snapshot!(ended.complaints().trim_end(), @"
    error[sql-error]: division by zero
     --> report.sql:2:1
      |
    1 | select 1 as one;
    2 | select 1 / (length(city) - 4) as x
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    3 | from cities;
      |
      = help: write a / nullif(b, 0) to get NULL there
    ");
    shop.folder.write("report.sql", "select 1;\nselect \"city from cities;\n");
    insta::assert_snapshot!(told(&shop, &["query", "--file", "report.sql"]), @"
    error[sql-syntax]: Expected close delimiter '\"' before EOF.
     --> report.sql:2:8
      |
    1 | select 1;
    2 | select \"city from cities;
      |        ^
    ");
}

#[test]
fn names_that_a_build_would_make() {
    let shop = Shop::new();
    insta::assert_snapshot!(told(&shop, &["query", "select * from app.customers"]), @"
    error[sql-error]: there is no table or view app.customers
     --> query:1:15
      |
    1 | select * from app.customers
      |               ^^^^^^^^^^^^^
      |
      = help: source table `app.customers` has not landed in environment `dev`: run `ade build --select app.customers`
    ");
    shop.ade.run(&["build"]).succeeds();
    shop.ade.rows("select * from stg_customers");
    for name in ["meta.db", "meta.db-wal", "meta.db-shm"] {
        // The last connection removes the latter two.
        let _ = std::fs::remove_file(shop.folder.at(&format!(".ade/{name}")));
    }
    insta::assert_snapshot!(told(&shop, &["query", "select * from stg_customers"]), @"
    error[sql-error]: there is no table or view main.stg_customers
     --> query:1:15
      |
    1 | select * from stg_customers
      |               ^^^^^^^^^^^^^
      |
      = help: model `stg_customers` is not built yet in environment `dev`: run `ade build --select +stg_customers`
    ");
    let then = told(&shop, &["query", "--at", "2020-01-01", "select * from stg_customers"]);
    assert!(!then.contains("is not built"), "of another time it is not known what there was: {then}");
    shop.ade.run(&["build"]).succeeds();
    shop.ade.rows("select * from stg_customers");
}
