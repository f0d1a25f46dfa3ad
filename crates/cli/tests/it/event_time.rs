//! `--event-time-start` and `--event-time-end`: a range of time is made again, and nothing else.
use crate::incremental::{day, model_task, n_by_day, seed, to_build_by_days};

/// What a build of these days does to the model.
fn build(ade: &ade_testing::Program, from: i64, to: i64, more: &[&str]) -> serde_json::Value {
    let (from, to) = (day(from), day(to));
    let args = ["build", "--output", "json", "--event-time-start", &from, "--event-time-end", &to];
    let events = ade.run(&[&args[..], more].concat()).succeeds().json_lines();
    events.into_iter().find(|event| event["event"] == "task_finished" && event["name"] == "m").unwrap()
}

#[test]
fn the_intervals_of_a_range_are_made_again_and_no_others() {
    let (folder, ade) = to_build_by_days(0);
    ade.run(&["build"]).succeeds();
    folder.write("seeds/s.csv", seed(&[2; 9]));
    let task = build(&ade, -8, -6, &[]);
    assert_eq!(task["rows"], 2, "{task}");
    assert_eq!(n_by_day(&ade).join(""), "122111111");
    // What is due besides is made by the next build: the rows that it reads have changed.
    assert_eq!(model_task(&ade, 0)["status"], "success");
    assert_eq!(n_by_day(&ade).join(""), "122111111");
    assert_eq!(model_task(&ade, 0)["status"], "unchanged");
    // Asked for once more, it is made once more; then nothing is due.
    assert_eq!(build(&ade, -9, -8, &["--select", "m"])["rows"], 1);
    assert_eq!(n_by_day(&ade).join(""), "222111111");
    assert_eq!(model_task(&ade, 0)["status"], "unchanged");
}

#[test]
fn a_table_that_begins_with_a_range_goes_on_from_its_end() {
    let (folder, ade) = to_build_by_days(0);
    assert_eq!(build(&ade, -7, -4, &[])["rows"], 3);
    assert_eq!(n_by_day(&ade).join(""), "111");
    folder.write("seeds/s.csv", seed(&[2; 9]));
    ade.run(&["build"]).succeeds();
    assert_eq!(n_by_day(&ade).join(""), "1122222", "the last interval that there was, and all after it");
    // From nothing, with a range: that range, as in dbt.
    assert_eq!(build(&ade, -3, -1, &["--full-refresh"])["rows"], 2);
    assert_eq!(n_by_day(&ade).join(""), "22");
}

#[test]
fn what_is_no_range_or_for_no_model_is_refused() {
    let (_folder, ade) = to_build_by_days(0);
    let told = |args: &[&str]| ade.run(args).exits(2).complaints();
    let (start, end) = ("--event-time-start", "--event-time-end");
    let one = told(&["build", start, "2026-01-01"]);
    assert!(one.contains("--event-time-end <TIME>"), "{one}");
    assert!(told(&["run", end, "2026-01-01"]).contains("--event-time-start <TIME>"));
    let turned = told(&["build", start, "2026-01-02", end, "2026-01-01"]);
    assert!(turned.contains("--event-time-start 2026-01-02 is not before --event-time-end 2026-01-01"), "{turned}");
    assert!(told(&["run", start, "soon", end, "2026-01-01"]).contains("--event-time-start: `soon` is no time"));
    let nothing = told(&["build", "--select", "s", start, "2026-01-01", end, "2026-01-02"]);
    assert!(nothing.contains("no model that is selected is made by intervals"), "{nothing}");
    for command in ["ingest", "seed", "test"] {
        assert!(told(&[command, start, "2026-01-01", end, "2026-01-02"]).contains("unexpected argument"));
    }
    assert_eq!(ade.run(&["query", "select * from main.m"]).code, Some(1), "nothing was built");
}
