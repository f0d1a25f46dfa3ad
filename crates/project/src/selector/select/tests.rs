use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::fingerprint::{FingerprintInputs, fingerprint_graph};

/// app.customers, app.orders → stg_customers, stg_orders → customers (reads both) → revenue → exposure board
/// seed countries → customers; tests on stg_orders (unique), customers (unique, relationships to stg_orders), singular on revenue.
fn shop() -> Graph {
    let node = |kind: NodeKind, name: &str, path: &str, reads: &[&str]| {
        let mut node = Node::new(kind, "shop", name);
        node.path = path.to_owned();
        let folders = path.split('/').skip(1).filter(|part| !part.contains('.')).map(str::to_owned);
        node.fqn = std::iter::once("shop".to_owned()).chain(folders).chain([name.to_owned()]).collect();
        node.depends_on = reads.iter().map(|id| NodeId::parse(id).unwrap()).collect();
        node
    };
    let source = |table: &str| {
        let mut source = node(NodeKind::Source, table, "models/sources.yml", &[]);
        source.id = NodeId::new(NodeKind::Source, &["shop", "app", table]);
        source.fqn = ["shop", "app", table].map(str::to_owned).to_vec();
        source
    };
    let generic = |name: &str, test: &str, reads: &[&str]| {
        let mut node = node(NodeKind::Test, name, "models/schema.yml", reads);
        node.test_name = Some(test.to_owned());
        node
    };
    let with = |mut node: Node, tag: &str, config: serde_json::Value| {
        node.tags.insert(tag.to_owned());
        node.config = config.as_object().unwrap().clone();
        node
    };
    let model = NodeKind::Model;
    let mut marts = with(
        node(
            model,
            "customers",
            "models/marts/customers.sql",
            &["model.shop.stg_customers", "model.shop.stg_orders", "seed.shop.countries"],
        ),
        "nightly",
        json!({"materialized": "table", "meta": {"owner": "ann"}, "enabled": true}),
    );
    marts.facets.insert("group".into(), "growth".into());
    Graph::new(vec![
        source("customers"),
        source("orders"),
        node(NodeKind::Seed, "countries", "seeds/countries.csv", &[]),
        node(model, "stg_customers", "models/staging/stg_customers.sql", &["source.shop.app.customers"]),
        with(
            node(model, "stg_orders", "models/staging/stg_orders.sql", &["source.shop.app.orders"]),
            "hourly",
            json!({"materialized": "view", "tags": ["hourly"]}),
        ),
        marts,
        with(
            node(model, "revenue", "models/marts/finance/revenue.sql", &["model.shop.customers"]),
            "nightly",
            json!({"materialized": "incremental"}),
        ),
        node(NodeKind::Exposure, "board", "models/exposures.yml", &["model.shop.revenue"]),
        generic("unique_stg_orders", "unique", &["model.shop.stg_orders"]),
        generic("unique_customers", "unique", &["model.shop.customers"]),
        generic("rel_customers_orders", "relationships", &["model.shop.customers", "model.shop.stg_orders"]),
        node(NodeKind::Test, "assert_revenue", "tests/assert_revenue.sql", &["model.shop.revenue"]),
    ])
}

type Answer = Result<Selection, Vec<Diagnostic>>;

fn run(select_args: &str, exclude: &str, indirect: IndirectSelection, state: Option<&PlanDiff>) -> Answer {
    let arguments = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    let (select_args, exclude) = (arguments(select_args), arguments(exclude));
    select(&shop(), &SelectRequest { select: &select_args, exclude: &exclude, project: "shop", state, indirect })
}

fn eager(select_args: &str, exclude: &str) -> Answer {
    run(select_args, exclude, IndirectSelection::Eager, None)
}

fn names(selection: &Selection) -> String {
    let short = |id: &NodeId| id.as_str().replace("model.shop.", "").replace(".shop.", ":");
    selection.nodes.iter().map(short).collect::<Vec<_>>().join(" ")
}

fn picked(select_args: &str) -> String {
    names(&eager(select_args, "").unwrap())
}

/// Without tests.
fn picked_nodes(select_args: &str) -> String {
    names(&run(select_args, "", IndirectSelection::Empty, None).unwrap())
}

#[test]
fn everything_by_default() {
    assert_eq!(eager("", "").unwrap().nodes.len(), 12);
    assert_eq!(names(&eager("", "+exposure:board path:seeds test_type:data").unwrap()), "");
}

#[test]
fn names_and_wildcards() {
    assert_eq!(picked_nodes("customers"), "customers");
    assert_eq!(picked_nodes("stg_*"), "stg_customers stg_orders");
    assert_eq!(picked_nodes("shop.staging"), "stg_customers stg_orders");
    assert_eq!(picked_nodes("staging.stg_orders marts.*"), "customers revenue stg_orders");
    assert_eq!(picked_nodes("fqn:marts.finance name:countries"), "revenue seed:countries");
}

#[test]
fn graph_operators() {
    assert_eq!(
        picked_nodes("+customers"),
        "customers stg_customers stg_orders seed:countries source:app.customers source:app.orders"
    );
    assert_eq!(picked_nodes("1+customers+1,resource_type:model"), "customers revenue stg_customers stg_orders");
    assert_eq!(picked_nodes("stg_orders+,resource_type:model"), "customers revenue stg_orders");
    assert_eq!(picked_nodes("@stg_orders,resource_type:model"), "customers revenue stg_customers stg_orders");
    assert_eq!(picked_nodes("+exposure:board,resource_type:source"), "source:app.customers source:app.orders");
}

#[test]
fn methods() {
    for (selection, expected) in [
        ("tag:nightly", "customers revenue"),
        ("tag:n*,path:models/marts/finance", "revenue"),
        ("path:models/staging/", "stg_customers stg_orders"),
        ("path:models/*/*.sql", "customers stg_customers stg_orders"),
        ("models/marts/finance/revenue.sql", "revenue"),
        ("path:models/**/revenue.sql", "revenue"),
        ("stg_orders.sql file:revenue", "revenue stg_orders"),
        ("source:app", "source:app.customers source:app.orders"),
        ("source:app.orders source:shop.app.customers", "source:app.customers source:app.orders"),
        ("source:*,source:app.o*", "source:app.orders"),
        ("app.orders", "source:app.orders"),
        ("exposure:*", "exposure:board"),
        ("config.materialized:table config.materialized:incremental", "customers revenue"),
        ("config.meta.owner:ann", "customers"),
        ("config.tags:hourly", "stg_orders"),
        ("config.enabled:True", "customers"),
        ("resource_type:seed", "seed:countries"),
        ("package:this,tag:hourly", "stg_orders"),
        ("group:growth", "customers"),
        ("test_type:singular", "test:assert_revenue"),
        ("test_name:unique", "test:unique_customers test:unique_stg_orders"),
        ("tag:nightly,tag:hourly", ""),
    ] {
        assert_eq!(picked_nodes(selection), expected, "{selection}");
    }
}

#[test]
fn tests_come_with_what_they_test() {
    assert_eq!(picked("stg_orders"), "stg_orders test:rel_customers_orders test:unique_stg_orders");
    let cautious = |args: &str| names(&run(args, "", IndirectSelection::Cautious, None).unwrap());
    assert_eq!(cautious("stg_orders"), "stg_orders test:unique_stg_orders");
    assert_eq!(cautious("stg_orders customers"), "customers stg_orders test:unique_customers test:unique_stg_orders");
    assert_eq!(
        cautious("stg_*+,resource_type:test"),
        "test:assert_revenue test:rel_customers_orders test:unique_customers test:unique_stg_orders"
    );
    let buildable = |args: &str| names(&run(args, "", IndirectSelection::Buildable, None).unwrap());
    assert_eq!(buildable("customers"), "customers test:rel_customers_orders test:unique_customers");
    // What is excluded takes the tests of both ends with it.
    assert_eq!(names(&eager("customers", "stg_orders").unwrap()), "customers test:unique_customers");
}

#[test]
fn state_compares_with_an_earlier_run() {
    let graph = shop();
    let state = |changed: &str| {
        let own = graph.nodes().map(|node| {
            let body = if node.name == changed { "new" } else { "old" };
            (node.id.clone(), FingerprintInputs { body, ..FingerprintInputs::default() }.fingerprint())
        });
        fingerprint_graph(&graph, &own.collect::<BTreeMap<_, _>>())
    };
    let mut before = state("");
    before.remove("model.shop.revenue");
    let diff = PlanDiff::between(&before, &state("stg_orders"));
    let with_state =
        |args: &str| run(args, "", IndirectSelection::Empty, Some(&diff)).map(|found| names(&found)).unwrap();
    assert_eq!(with_state("state:modified"), "revenue stg_orders");
    assert_eq!(with_state("state:new"), "revenue");
    assert_eq!(with_state("state:modified.body,state:old"), "stg_orders");
    assert_eq!(with_state("state:modified.configs"), "revenue");
    assert_eq!(with_state("1+state:new,resource_type:model"), "customers revenue");
    let problems = eager("state:modified", "state:modifid").unwrap_err();
    let shown: Vec<String> = problems
        .iter()
        .map(|p| format!("{} {} {}", p.location.as_ref().unwrap(), p.message, p.hints.join(" ")))
        .collect();
    insta::assert_debug_snapshot!(shown, @r#"
    [
        "--select:1:1 `state:` needs an earlier state to compare with build the project once in this environment",
        "--exclude:1:1 `modifid` is not a value of this method did you mean `modified`?",
    ]
    "#);
}

#[test]
fn what_matches_nothing_is_said_with_a_suggestion() {
    let selection =
        eager("stg_order app orders board nightly tag:nigthly path:models/stagin resource_type:model,tag:x", "nothing")
            .unwrap();
    let shown: Vec<String> = selection
        .warnings
        .iter()
        .map(|w| format!("{} {} {}", w.location.as_ref().unwrap(), w.message, w.hints.join(" ")))
        .collect();
    insta::assert_debug_snapshot!(shown, @r#"
    [
        "--select:1:1 `stg_order` selects nothing did you mean `stg_orders`?",
        "--select:1:11 `app` selects nothing did you mean `source:app`?",
        "--select:1:15 `orders` selects nothing did you mean `app.orders`?",
        "--select:1:22 `board` selects nothing did you mean `exposure:board`?",
        "--select:1:28 `nightly` selects nothing did you mean `tag:nightly`?",
        "--select:1:36 `tag:nigthly` selects nothing did you mean `tag:nightly`?",
        "--select:1:48 `path:models/stagin` selects nothing did you mean `path:models/staging`?",
        "--select:1:87 `tag:x` selects nothing ",
        "--exclude:1:1 `nothing` selects nothing ",
    ]
    "#);
}

#[test]
fn what_comes_to_nothing_is_named_as_it_is_written() {
    let said = |args: &str| {
        let warnings = eager(args, "").unwrap().warnings;
        let line = |warning: &Diagnostic| {
            let hints: Vec<String> = warning.hints.iter().map(|hint| format!(" ({hint})")).collect();
            format!("{} {}{}", warning.location.as_ref().unwrap().text(), warning.message, hints.concat())
        };
        warnings.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        said("customers tag:hourly,resource_type:seed"),
        "tag:hourly,resource_type:seed `tag:hourly,resource_type:seed` selects nothing: no node is in all of them"
    );
    assert_eq!(
        said("+config.materialised:view+"),
        "+config.materialised:view+ `+config.materialised:view+` selects nothing: there is no configuration \
         `materialised` (did you mean `materialized`?)"
    );
    assert_eq!(
        said("config.on_schema_change:fail"),
        "config.on_schema_change:fail `config.on_schema_change:fail` selects nothing"
    );
    assert_eq!(
        said("+tag:nigthly+1"),
        "+tag:nigthly+1 `+tag:nigthly+1` selects nothing (did you mean `+tag:nightly+1`?)"
    );
}

#[test]
fn an_empty_selection_is_not_everything() {
    for empty in ["", "  "] {
        let select_args = [empty.to_owned()];
        let problems =
            select(&shop(), &SelectRequest { select: &select_args, ..SelectRequest::default() }).unwrap_err();
        assert_eq!(problems[0].message, "the selection is empty");
    }
    let exclude = [String::new()];
    assert_eq!(
        select(&shop(), &SelectRequest { exclude: &exclude, ..SelectRequest::default() }).unwrap().nodes.len(),
        12
    );
}

#[test]
fn all_mistakes_at_once() {
    let problems = eager("resource_type:modell", "tagg:x").unwrap_err();
    assert_eq!(problems.len(), 1, "grammar first: {problems:?}");
    let problems = eager("tagg:x", "pth:x").unwrap_err();
    assert_eq!(problems.len(), 2);
}
