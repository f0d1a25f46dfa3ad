//! A large project is read in a time that grows with its size alone. The promise (5,000 models in 2 s on 2 cores, in a
//! release build) is measured by the benchmarks; here a much wider bound catches what is quadratic.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ade_project::{LoadOptions, MemoryTree, Project};

fn large(models: usize) -> MemoryTree {
    let mut tree = MemoryTree::new().with("dbt_project.yml", "name: big\nmodels: {big: {+materialized: view}}\n");
    for at in 0..models {
        let mut sql = String::from("select 1 as id, 'x' as name\n");
        for parent in [at / 2, at / 3].iter().filter(|parent| **parent < at) {
            let _ = writeln!(sql, "union all select id, name from {{{{ ref('model_{parent}') }}}}");
        }
        tree = tree.with(format!("models/folder_{}/model_{at}.sql", at % 50), sql);
        let yml = format!(
            "models:\n  - name: model_{at}\n    description: Model {at}\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n      - name: name\n"
        );
        tree = tree.with(format!("models/folder_{}/model_{at}.yml", at % 50), yml);
    }
    tree
}

#[test]
fn a_thousand_models_are_read_quickly() {
    let tree = large(1000);
    let options = LoadOptions { threads: 2, ..LoadOptions::default() };
    let start = Instant::now();
    let loaded = Project::load(&tree, &options);
    let took = start.elapsed();
    let project = loaded.project.expect("no problems");
    assert_eq!((project.models.len(), project.checks.len()), (1000, 2000));
    println!("{took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}
