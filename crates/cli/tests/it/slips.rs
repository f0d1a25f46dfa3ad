//! What people type who come from another program, or in a hurry.
use ade_testing::Folder;

use crate::program::program;
use crate::shop::Shop;

fn told(shop: &Shop, args: &[&str], code: i32) -> String {
    let ended = shop.ade.run(args).exits(code);
    assert_eq!(ended.text(), "", "{}", ended.all());
    ended.complaints().trim_end().to_owned()
}

#[test]
fn names_without_select_and_commands_of_dbt_get_a_tip() {
    let shop = Shop::new();
    for command in ["build", "test", "plan", "ls"] {
        let words = told(&shop, &[command, "cities_now"], 2);
        assert!(words.contains("tip: to choose nodes, write `--select cities_now`"), "{words}");
    }
    let words = told(&shop, &["compile"], 2);
    assert!(
        words.contains("tip: `ade show NAME --sql` prints the SQL of a model") && !words.contains("completions"),
        "{words}"
    );
    let help = shop.ade.run(&["help", "build"]).succeeds().text();
    assert_eq!(help, shop.ade.run(&["build", "--help"]).succeeds().text());
    let listed = shop.ade.run(&["ls", "-s", "cities_now"]).succeeds().text();
    assert_eq!(shop.ade.run(&["list", "-m", "cities_now"]).succeeds().text(), listed);
}

#[test]
fn a_name_that_selects_nothing_is_a_mistake_and_a_tag_or_state_is_not() {
    let shop = Shop::new();
    for command in ["build", "run", "test", "ingest", "ls", "plan", "maintain"] {
        for selectors in [&["city_now"][..], &["cities_now", "+city_now"], &["path:models/city"], &["source:ap"]] {
            let words = told(&shop, &[&[command, "-s"], selectors].concat(), 2);
            assert!(words.contains("selects nothing"), "{command} {selectors:?}: {words}");
        }
    }
    assert!(told(&shop, &["build", "-s", "city_now"], 2).contains("did you mean `cities_now`?"));
    assert!(!shop.folder.at("lake/main").exists(), "nothing is done");
    for selector in ["tag:nowhere", "+tag:nowhere", "config.materialized:incremental,tag:nowhere"] {
        let ended = shop.ade.run(&["build", "-s", selector]).succeeds();
        assert!(ended.complaints().contains("tag:nowhere` selects nothing"), "{}", ended.all());
        assert!(ended.text().contains("nothing selected"), "{}", ended.all());
    }
    for selector in ["tag:nowhere", "tag:nowhere,cities_now", "cities,cities_now", "config.materialised:view"] {
        let listed = shop.ade.run(&["ls", "-s", selector]).succeeds();
        assert_eq!(listed.text(), "");
        let words = listed.complaints();
        assert!(words.contains("` selects nothing") && words.ends_with("nothing selected\n"), "{selector}: {words}");
    }
    let words = shop.ade.run(&["build", "-s", "config.materialised:view"]).succeeds().complaints();
    assert!(words.contains("there is no configuration `materialised`; did you mean `materialized`?"), "{words}");
    assert_eq!(shop.ade.run(&["plan", "-s", "tag:nowhere"]).succeeds().text(), "nothing selected\n");
    // What is left out by a name that nothing has would be built.
    for command in ["build", "ls", "plan", "maintain"] {
        for selector in ["city_now", "path:models/city", "source:ap"] {
            let words = told(&shop, &[command, "--exclude", selector], 2);
            assert!(
                words.contains("selects nothing") && words.contains("--exclude:1:1"),
                "{command} {selector}: {words}"
            );
        }
    }
    let ended = shop.ade.run(&["ls", "--exclude", "tag:nowhere"]).succeeds();
    assert!(ended.complaints().contains("tag:nowhere` selects nothing"), "{}", ended.all());
}

#[test]
fn an_empty_selection_is_a_mistake_and_not_everything() {
    let shop = Shop::new();
    for command in ["build", "run", "test", "ingest", "seed", "ls", "plan", "maintain"] {
        for empty in ["", " "] {
            let words = told(&shop, &[command, "--select", empty], 2);
            assert!(words.contains("the selection is empty"), "{command}: {words}");
        }
    }
    assert!(!shop.folder.at("lake/main").exists(), "nothing is done");
}

#[test]
fn one_name_of_a_source_table_everywhere() {
    let shop = Shop::new();
    shop.ade.run(&["build", "--select", "app.customers"]).succeeds();
    for args in [&["show", "app.customers"][..], &["history", "app.customers"], &["ls", "-s", "app.customers"]] {
        shop.ade.run(args).succeeds();
    }
    assert!(shop.ade.run(&["plan"]).succeeds().text().contains("source  app.customers "));
    let words = told(&shop, &["history", "customers"], 2);
    assert!(words.contains("did you mean `app.customers`?"), "{words}");
}

#[test]
fn show_has_columns_with_types() {
    let shop = Shop::new();
    let before = shop.ade.run(&["show", "app.customers"]).succeeds().text();
    assert!(before.contains("email") && before.contains("connection"), "{before}");
    shop.ade.run(&["build"]).succeeds();
    let after = shop.ade.run(&["show", "app.customers", "--limit", "0"]).succeeds().text();
    assert!(after.contains("_ade_loaded_at  timestamptz"), "{after}");
    let json = shop.ade.run(&["show", "cities_now", "--output", "json"]).succeeds().json_lines();
    assert_eq!(
        (&json[0]["columns"][2]["name"], &json[0]["columns"][2]["data_type"]),
        (&"customers".into(), &"bigint".into())
    );
}

#[test]
fn a_project_is_not_made_twice_and_its_connections_are_listed() {
    let shop = Shop::new();
    let text = shop.ade.run(&["init", "."]).succeeds().text();
    assert!(text.contains("is a project already") && !text.contains("Next"), "{text}");
    let text = shop.ade.run(&["inspect"]).succeeds().text();
    assert!(text.contains("app_db") && text.contains("sqlite"), "{text}");
}

#[test]
fn text_in_double_quotes_and_names_that_come_twice() {
    let shop = Shop::new();
    shop.ade.run(&["seed"]).succeeds();
    let words = told(&shop, &["query", "select city from cities where country = \"LV\""], 1);
    assert!(words.contains("help: double quotes are for names; a text stands in single quotes: 'LV'"), "{words}");
    let twice = shop.ade.run(&["query", "--format", "csv", "select city, city from cities"]).succeeds().text();
    assert!(twice.starts_with("city,city_1\n"), "{twice}");
    let twice = "select city as town, country as town from cities";
    let twice = shop.ade.run(&["query", "--format", "csv", twice]).succeeds().text();
    assert!(twice.starts_with("town,town_1\n"), "{twice}");
    let words = told(&shop, &["query", "select city::int from cities"], 1);
    assert!(words.contains("to integer") && !words.contains("Int32"), "{words}");
}

#[test]
fn a_warning_stands_until_its_rows_are_others() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n"),
        ("models/m.sql", "{{ config(materialized='table') }}\nselect -1 as n"),
        (
            "models/m.yml",
            "models:\n  - name: m\n    columns:\n      - name: n\n        data_tests:\n          - not_null\n          \
             - dbt_utils.accepted_range: {min_value: 0, config: {severity: warn}}\n",
        ),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    assert!(ade.run(&["build"]).succeeds().text().contains("! warned"));
    for _ in 0..2 {
        let again = ade.run(&["build"]).succeeds().text();
        assert!(again.contains("= unchanged model   main.m\n    still warns: dbt_utils_accepted_range_m_n"), "{again}");
    }
    folder.replace("models/m.sql", "-1", "1");
    ade.run(&["build"]).succeeds();
    let well = ade.run(&["build"]).succeeds().text();
    assert!(well.contains("unchanged") && !well.contains("warns"), "{well}");
}

#[test]
fn a_list_is_as_wide_as_the_names_of_models() {
    let shop = Shop::new();
    let listed = shop.ade.run(&["ls"]).succeeds().text();
    let heading = listed.lines().next().unwrap();
    assert!(heading.find("declared in").unwrap() < 100, "{listed}");
}

#[test]
fn a_plan_counts_what_is_to_do() {
    let shop = Shop::new();
    let plan = shop.ade.run(&["plan"]).succeeds().text();
    assert!(plan.contains("10 nodes: 7 to build or check, 3 sources to ask"), "{plan}");
    shop.ade.run(&["build"]).succeeds();
    let plan = shop.ade.run(&["plan"]).succeeds().text();
    assert!(plan.contains("10 nodes: 6 perhaps, 3 sources to ask, 1 with nothing to do"), "{plan}");
    assert!(plan.contains("\nmodel   cities_now     if sources bring something "), "{plan}");
    assert!(plan.lines().all(|line| line.chars().count() <= 80), "{plan}");
}

#[test]
fn what_nothing_holds_is_told_where_something_is_built() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\n"),
        ("models/m.sql", "select 1 as id"),
        (
            "models/m.yml",
            "models:\n  - name: m\n    config: {contract: {enforced: true}}\n    columns:\n      - {name: id, data_type: integer, constraints: [{type: unique}]}\n",
        ),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    for (args, tells) in [
        (&["check"][..], true),
        (&["plan"], true),
        (&["build"], true),
        (&["query", "select * from main.m"], false),
        (&["history", "m"], false),
        (&["show", "m"], false),
        (&["ls"], false),
        (&["maintain"], false),
    ] {
        let said = ade.run(args).all();
        assert_eq!(said.contains("nothing holds this constraint"), tells, "{said}");
    }
}

#[test]
fn a_seed_is_renamed_in_its_header_line() {
    let folder = Folder::with(&[("ade.yml", "name: shop\n"), ("seeds/s.csv", "id,Mixed Name (a)\n1,x\n")]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["build"]).exits(1).text();
    assert!(told.contains("the column name `Mixed Name (a)` holds ' '"), "{told}");
    assert!(
        told.contains("write `mixed_name_a` in the header line of seeds/s.csv") && !told.contains("`as`"),
        "{told}"
    );
    folder.write("seeds/s.csv", "id,mixed_name_a\n1,x\n");
    ade.run(&["build"]).succeeds();
}

#[test]
fn a_threshold_is_any_comparison_of_sql() {
    let check = |threshold: &str| {
        let folder = Folder::with(&[
            ("ade.yml", "name: shop\n"),
            ("models/m.sql", "select * from (values (1), (null), (null), (null)) as t(id)"),
            (
                "models/m.yml",
                &format!(
                    "models:\n  - name: m\n    columns:\n      - {{name: id, data_tests: [{{not_null: {{config: {{error_if: \"{threshold}\"}}}}}}]}}\n"
                ),
            ),
        ]);
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        ade.run(&["check"]).succeeds();
        ade.run(&["build"])
    };
    let failed = check("between 2 and 5").exits(1).text();
    assert!(failed.contains("fails if between 2 and 5"), "{failed}");
    check("not in (1, 3)").succeeds();
    check("> 1 + 1").exits(1);
    let wrong = check("in (1; 2)").exits(1).text();
    assert!(wrong.contains("not_null_m_id"), "{wrong}");
}
