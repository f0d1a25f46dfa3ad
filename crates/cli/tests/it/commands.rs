//! What each command prints and how it ends, over one small project.
use serde_json::Value;

use crate::shop::Shop;

fn built() -> Shop {
    let shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    shop
}

#[test]
fn names_that_do_not_exist_get_hints() {
    let shop = built();
    let told = |args: &[&str], code: i32| {
        let ended = shop.ade.run(args).exits(code);
        format!("{}{}", ended.text(), ended.complaints()).trim_end().to_owned()
    };
    insta::assert_snapshot!(told(&["show", "city_now"], 2), @"
    error: there is no model, seed or source table `city_now`
    hint: did you mean `cities_now`?
    ");
    insta::assert_snapshot!(told(&["history", "app.customer"], 2), @"
    error: there is no model, seed or source table `app.customer`
    hint: did you mean `app.customers`?
    ");
    insta::assert_snapshot!(told(&["query", "select * from main.citis_now"], 1), @"
    error[sql-error]: there is no table or view main.citis_now
     --> query:1:15
      |
    1 | select * from main.citis_now
      |               ^^^^^^^^^^^^^^
      |
      = help: did you mean main.cities_now?
    ");
    insta::assert_snapshot!(told(&["query", "select contry from main.cities_now"], 1), @"
    error[sql-error]: there is no column contry
     --> query:1:8
      |
    1 | select contry from main.cities_now
      |        ^^^^^^
      |
      = help: did you mean country?
    ");
    insta::assert_snapshot!(told(&["query", "delete from main.cities_now"], 1), @"
    error[sql-error]: delete is not allowed here: SQL in ade only reads
     --> query:1:1
      |
    1 | delete from main.cities_now
      | ^^^^^^
      |
      = help: make a model whose select gives the rows that the table should have
    ");
    insta::assert_snapshot!(told(&["build", "--select", "city_now"], 2), @"
    error[unknown-selection]: `city_now` selects nothing
     --> --select:1:1
      |
    1 | city_now
      | ^^^^^^^^
      |
      = help: did you mean `cities_now`?

    1 error
    ");
    insta::assert_snapshot!(told(&["ls", "--select", "tga:daily"], 2), @"
    error[invalid-selector]: there is no selection method `tga`
     --> --select:1:1
      |
    1 | tga:daily
      | ^^^
      |
      = help: did you mean `tag`?

    1 error
    ");
    insta::assert_snapshot!(told(&["ls", "--resource-type", "exposures"], 2), @"
    error: there is no kind of node `exposures`
    hint: did you mean `exposure`?
    ");
    insta::assert_snapshot!(told(&["--env", "prd", "ls"], 2), @"
    error[unknown-environment]: there is no environment `prd`
     |
     = note: environments of this project: `dev`

    1 error
    ");
    insta::assert_snapshot!(told(&["query", "--at", "yesterday", "select 1"], 2), @"
    error: `yesterday` is neither a version nor a time
    hint: write a version such as 12, a day such as 2026-01-31, or a time such as '2026-01-31 08:00:00' (UTC)
    ");
    insta::assert_snapshot!(told(&["restore", "app.customers", "--to", "99"], 1), @"error: table app.customers cannot be read at version 99: its newest version is 0");
    insta::assert_snapshot!(told(&["build", "--threads", "0"], 2), @"error: --threads must be at least 1");
}

#[test]
fn events_for_machines_are_one_object_per_line() {
    let mut shop = built();
    shop.second_day();
    shop.folder.write("data/stock/stock_02.csv", "day,version,store,on_hand\n2024-01-02,1,A,\n");
    let ended = shop.ade.run(&["build", "--output", "json"]).exits(1);
    assert_eq!(ended.complaints(), "");
    let events = ended.json_lines();
    let keys = |event: &Value| {
        let mut keys: Vec<String> = event.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    for event in &events {
        let expected = match event["event"].as_str().unwrap() {
            "run_started" => "command environment event run_id tasks",
            "task_started" => "event kind name node relation",
            "task_progress" => "event expected_rows node rows",
            "task_finished" => {
                "audited_visible batches blocked_by checks duration_ms event kind message name node relation rows status version"
            }
            "run_finished" => {
                "cancelled checks_failed checks_passed checks_warned counts duration_ms event rows run_id waiting"
            }
            other => panic!("{other}"),
        };
        assert_eq!(keys(event), expected, "{event}");
    }
    assert_eq!(events.first().unwrap()["event"], "run_started");
    let summary = events.last().unwrap();
    assert_eq!(summary["event"], "run_finished");
    assert_eq!(summary["counts"]["failed"], 1);
    assert_eq!(summary["checks_failed"], 1);
    let failed = events.iter().find(|event| event["status"] == "failed").unwrap();
    assert_eq!(failed["node"], "source.shop.feed.stock");
    assert_eq!(keys(&failed["checks"][0]), "duration_ms failures message name node status stored_in");
    assert_eq!(keys(&summary["waiting"][0]), "because_of is_there kind name node owner");
    // Each task begins once and ends once.
    let of = |word: &str| events.iter().filter(|event| event["event"] == word).count();
    assert_eq!(of("task_finished"), 10);
    let skipped = events.iter().filter(|event| event["status"] == "skipped").count();
    assert_eq!(of("task_started") + skipped, 10);

    let usage = shop.ade.run(&["show", "nothing", "--output", "json"]).exits(2).json_lines();
    assert_eq!(usage[0]["event"], "error");
    shop.folder.write("models/broken.sql", "select * from {{ ref('nothing') }}");
    let problems = shop.ade.run(&["build", "--output", "json"]).exits(2).json_lines();
    assert_eq!(problems[0]["id"], "unknown-ref", "{problems:?}");
}

#[test]
fn quiet_says_what_went_wrong_and_nothing_else() {
    let shop = Shop::new();
    let ended = shop.ade.run(&["build", "--quiet"]).succeeds();
    assert_eq!((ended.text(), ended.complaints()), (String::new(), String::new()));
    shop.folder.write("data/stock/stock_02.csv", "day,version,store,on_hand\n2024-01-02,1,A,\n");
    let ended = shop.ade.run(&["build", "--quiet"]).exits(1);
    assert_eq!(ended.text(), "");
    let told = ended.complaints();
    assert!(told.starts_with("✗ failed    source  feed.stock") && told.contains("stock_02.csv"), "{told}");
    assert!(told.contains("These stay on their last good version:\n  model main.stock_day"), "{told}");
    assert!(!told.contains("success"), "{told}");
}

#[test]
fn what_fails_stays_as_it_was() {
    let shop = Shop::new();
    let first = shop.copy();
    first.folder.write("data/stock/stock_02.csv", "day,version,store,on_hand\n2024-01-02,1,A,\n");
    let never = first.ade.run(&["ingest"]).exits(1).text();
    assert!(!never.contains("feed.stock stays"), "it was never there: {never}");

    shop.ade.run(&["build"]).succeeds();
    shop.folder.write("data/stock/stock_02.csv", "day,version,store,on_hand\n2024-01-02,1,A,\n");
    let models = shop.folder.read("models/models.yml");
    let refused =
        "  - name: stg_customers\n    columns: [{name: id, data_tests: [{accepted_values: {values: [0]}}]}]\n";
    shop.folder.write("models/models.yml", models.replace("models:\n", &format!("models:\n{refused}")));
    let told = shop.ade.run(&["build"]).exits(1).text();
    let (_, closing) = told.split_once("\nfailed in ").unwrap();
    let (verdict, behind) = closing.split_once("\n\nThese stay as they are:\n").unwrap();
    let (_, stay) = verdict.split_once("\n\n").unwrap();
    let told_check = stay.lines().find_map(|line| line.split_once("fails it: ")).unwrap().1;
    assert!(told_check.starts_with("fail accepted_values_stg_customers_id"), "{told}");
    let mut stay: Vec<(&str, &str)> = stay.lines().map(|line| line.split_once(": ").unwrap()).collect();
    stay.sort_unstable();
    assert_eq!(
        stay,
        [("feed.stock stays at version 0", stay[0].1), ("main.stg_customers, as it is visible, fails it", told_check)],
        "{told}"
    );
    assert!(told.matches(stay[0].1).count() > 1, "the reason is that of the task: {told}");
    assert!(behind.contains("  model main.stock_day"), "{told}");
    let quiet = shop.ade.run(&["build", "--quiet"]).exits(1).complaints();
    assert!(quiet.contains("\nfeed.stock stays at version 0: "), "{quiet}");
    let tested = shop.ade.run(&["test"]).exits(1).text();
    assert!(!tested.contains("stays"), "a test publishes nothing: {tested}");
}

#[test]
fn showing_a_node_ends_with_its_rows() {
    let shop = built();
    let text = shop.ade.run(&["show", "customers_now"]).succeeds().text();
    assert!(!text.contains("select "), "{text}");
    assert!(text.contains("sql         2 lines, printed by `ade show customers_now --sql`\n"), "{text}");
    assert!(text.ends_with("(3 rows)\n"), "{text}");
    let sql = shop.ade.run(&["show", "customers_now", "--sql"]).succeeds().text();
    assert!(sql.starts_with("select id, city, revision, updated_at from "), "{sql}");
    let json = shop.ade.run(&["show", "customers_now", "--output", "json"]).succeeds().json_lines();
    assert_eq!(json[0]["sql"].as_str().unwrap().trim(), sql.trim());
    // A view whose table is gone is built, and cannot be read.
    std::fs::remove_dir_all(shop.folder.at("lake/app/customers")).unwrap();
    let broken = shop.ade.run(&["show", "stg_customers"]).exits(1);
    assert!(broken.complaints().contains("in view main.stg_customers: there is no table or view app.customers"));
    let never = Shop::new().ade.run(&["show", "stg_customers"]).succeeds().text();
    assert!(never.ends_with("\nnot built yet\n"), "{never}");
}

#[test]
fn rows_in_every_format() {
    let shop = built();
    let sql = "select country, customers * 2 as twice, null as nothing, 'a,\"b' as text from main.cities_now order by 1, 2 limit 2";
    let rows = |format: &str| shop.ade.run(&["query", "--format", format, sql]).succeeds().text();
    let (country, twice) = {
        let first = shop.ade.rows(sql);
        let mut parts = first[0].split(',').map(str::to_owned);
        (parts.next().unwrap(), parts.next().unwrap())
    };
    assert!(
        rows("csv").starts_with(&format!("country,twice,nothing,text\n{country},{twice},,\"a,\"\"b\"\n")),
        "{}",
        rows("csv")
    );
    let json: Value = serde_json::from_str(rows("json").lines().next().unwrap()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"country": country, "twice": twice.parse::<i64>().unwrap(), "nothing": null, "text": "a,\"b"})
    );
    let table = rows("table");
    assert!(table.starts_with(" country | twice | nothing | text\n---------+"), "{table}");
    assert_eq!(rows("none"), "");
    let path = shop.folder.at("out.parquet");
    shop.ade.run(&["query", "--format", "parquet", "--out", path.to_str().unwrap(), sql]).succeeds();
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let printed = shop.ade.run(&["query", "--format", "parquet", sql]).succeeds().stdout;
    assert!(printed.starts_with(b"PAR1") && printed.ends_with(b"PAR1"));
}

#[test]
fn the_statements_of_a_file_with_the_time_of_each() {
    let shop = built();
    shop.folder.write("report.sql", "select 1 as one; -- first\nselect ';' as two;\n");
    let ended = shop.ade.run(&["query", "--file", "report.sql", "--timing", "--format", "csv"]).succeeds();
    assert_eq!(ended.text(), "one\n1\ntwo\n;\n");
    let times: Vec<String> = ended.complaints().lines().map(str::to_owned).collect();
    assert_eq!(times.len(), 2, "{times:?}");
    for (number, line) in times.iter().enumerate() {
        let rest = line.strip_prefix(&format!("timing: {} ", number + 1)).and_then(|rest| rest.strip_suffix(" ms"));
        assert!(rest.is_some_and(|time| time.parse::<f64>().is_ok()), "{line}");
    }
    shop.ade.run(&["query", "--file", "nothing.sql"]).exits(1);
    shop.ade.run(&["query"]).exits(2);
    let two = shop.ade.run(&["query", "select 1; select 2"]).exits(2).complaints();
    assert!(two.contains("expected one statement, found 2") && two.contains("--file"), "{two}");
}

#[test]
fn what_the_program_has_seen_is_readable_with_sql() {
    let shop = built();
    let runs = shop.ade.rows("select command, status, environment from ade.runs");
    assert_eq!(runs, ["build,succeeded,dev"]);
    let tasks = shop.ade.rows("select count(*), count(distinct node) from ade.tasks where status = 'success'");
    assert_eq!(tasks, ["10,10"]);
    assert_eq!(shop.ade.rows("select count(*) from ade.checks where status <> 'pass'"), ["0"]);
    assert_eq!(shop.ade.rows("select name from ade.views"), ["stg_customers"]);
}

#[test]
fn plans_say_what_a_build_would_do() {
    let shop = built();
    let reasons = |shop: &Shop| -> Vec<(String, String)> {
        let planned = shop.ade.run(&["plan", "--output", "json"]).succeeds().json_lines();
        let word = |task: &Value, key: &str| task[key].as_str().unwrap().to_owned();
        planned.iter().map(|task| (word(task, "node"), word(task, "reason"))).collect()
    };
    let of = |reasons: &[(String, String)], node: &str| {
        reasons.iter().find(|(name, _)| name.ends_with(node)).map(|(_, reason)| reason.clone()).unwrap()
    };
    let now = reasons(&shop);
    assert_eq!(
        (of(&now, "app.customers"), of(&now, "cities_now")),
        ("source".to_owned(), "sources_may_bring".to_owned())
    );
    assert_eq!(of(&now, "seed.shop.cities"), "unchanged");
    let text = shop.folder.read("models/cities_now.sql");
    shop.folder.write("models/cities_now.sql", text.replace("count(*)", "count(customers.id)"));
    assert_eq!(of(&reasons(&shop), "cities_now"), "modified");
    assert_eq!(of(&reasons(&shop), "stock_total"), "sources_may_bring");
    let runs = shop.ade.rows("select count(*) from ade.runs");
    assert_eq!(runs, ["1"], "a plan is no run");
    let ended = shop.ade.run(&["build", "--select", "state:modified", "--output", "json"]).succeeds();
    assert_eq!(ended.json_lines().last().unwrap()["counts"], serde_json::json!({"success": 1}));
}

#[test]
fn checks_of_the_project_touch_nothing() {
    let shop = Shop::new();
    assert_eq!(shop.ade.run(&["check"]).succeeds().text(), "no problems\n");
    assert_eq!(shop.ade.run(&["check", "--output", "json"]).succeeds().text(), "");
    shop.folder.write("models/broken.sql", "select * from {{ ref('citties') }}");
    let text = shop.ade.run(&["check"]).exits(2).text();
    assert!(text.contains("models/broken.sql:1:") && text.contains("cities"), "{text}");
    let problems = shop.ade.run(&["check", "--output", "json"]).exits(2).json_lines();
    assert!(!problems.is_empty());
    let github = shop.ade.run(&["check", "--format", "github"]).exits(2).text();
    assert!(github.starts_with("::error file=models/broken.sql,line=1"), "{github}");
    assert!(!shop.folder.at("lake").exists() && !shop.folder.at(".ade/meta.db").exists());
}

#[test]
fn parts_of_a_build() {
    let shop = Shop::new();
    let counts = |args: &[&str]| {
        let mut args = args.to_vec();
        args.extend(["--output", "json"]);
        shop.ade.run(&args).succeeds().json_lines().last().unwrap()["counts"].clone()
    };
    assert_eq!(counts(&["ingest"]), serde_json::json!({"success": 3}));
    assert_eq!(counts(&["seed"]), serde_json::json!({"success": 1}));
    assert_eq!(counts(&["run"]), serde_json::json!({"success": 6}));
    assert_eq!(counts(&["build"]), serde_json::json!({"unchanged": 10}));
    let tested = shop.ade.run(&["test", "--output", "json"]).succeeds().json_lines();
    assert_eq!(tested.last().unwrap()["checks_passed"], 9);
    assert_eq!(
        counts(&["build", "--select", "+cities_now", "--exclude", "source:*", "--force"]),
        serde_json::json!({"success": 3})
    );
    shop.assert_complete();
}

#[test]
fn a_version_that_fails_a_new_check_is_no_good_one() {
    let shop = built();
    shop.folder.write(
        "models/new.yml",
        "models:\n  - name: cities_now\n    columns: [{name: city, data_tests: [{accepted_values: {values: [nowhere]}}]}]\n",
    );
    let told = shop.ade.run(&["build"]).exits(1).text();
    assert!(told.contains("\nmain.cities_now: version 0, which is visible, fails it: fail accepted_values_"), "{told}");
    assert!(told.contains("\nThese stay as they are:\n") && !told.contains("good version"), "{told}");
}
