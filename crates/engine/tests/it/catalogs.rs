//! What names mean: tables, views, overlays, only the names that a statement has.

use std::sync::{Arc, Mutex};

use ade_engine::{Catalog, MemoryCatalog, Overlay, Relation, RelationName, SqlError, SqlErrorKind};

use crate::support::{ask, catalog, fail, session, table};

fn name(text: &str) -> RelationName {
    let (schema, name) = text.split_once('.').expect("schema.name");
    RelationName::new(schema, name)
}

#[tokio::test]
async fn views_are_expanded_where_they_are_used() {
    let catalog = catalog()
        .with_view(name("main.names"), "select name from customers")
        .with_view(name("marts.loud"), "select upper(name) as name from main.names");
    let session = session(catalog);
    assert_eq!(ask(&session, "select * from marts.loud order by 1").await, "ANN\nBOB");
    assert_eq!(ask(&session, "select count(*) from names a join marts.loud b on upper(a.name) = b.name").await, "2");
}

#[tokio::test]
async fn names_in_a_view_belong_to_its_own_schema() {
    let catalog = catalog().with_table(name("other.customers"), table(&[(9, "Zoe")])).with(
        name("main.elsewhere"),
        Relation::View { sql: "select name from customers".to_owned(), search_schema: "other".to_owned() },
    );
    assert_eq!(ask(&session(catalog), "select * from elsewhere").await, "Zoe");
}

#[tokio::test]
async fn a_circle_of_views_is_named() {
    let catalog = catalog()
        .with_view(name("main.a"), "select * from b")
        .with_view(name("main.b"), "select * from c")
        .with_view(name("main.c"), "select * from b");
    let error = fail(&session(catalog), "select * from a").await;
    assert!(error.message.contains("main.b → main.c → main.b"), "{error}");
    assert_eq!(error.kind, SqlErrorKind::Invalid);
}

#[tokio::test]
async fn an_error_in_a_view_names_the_view_and_points_into_its_text() {
    let text = "select id,\n  nmae from customers";
    let catalog = catalog().with_view(name("main.broken"), text).with_view(name("main.over"), "select * from broken");
    let error = fail(&session(catalog), "select * from over").await;
    assert_eq!(error.view.as_deref(), Some(&name("main.broken")));
    let place = error.position.expect("a place");
    assert_eq!((place.line, place.column), (2, 3));
    assert_eq!(&text[place.offset..place.offset + place.length], "nmae");
    assert_eq!(error.hint.as_deref(), Some("did you mean name?"));
}

#[tokio::test]
async fn an_overlay_shows_staged_rows_under_the_committed_name() {
    let base: Arc<dyn Catalog> =
        Arc::new(catalog().with_view(name("main.total"), "select count(*) as n from customers"));
    let staged = MemoryCatalog::new().with_table(name("main.customers"), table(&[(1, "Ann")]));
    let session = session(Overlay::new(staged, Arc::clone(&base)));
    assert_eq!(ask(&session, "select n from total").await, "1");
    assert_eq!(ask(&session.with_catalog(base), "select n from total").await, "2");
}

#[tokio::test]
async fn a_common_table_expression_hides_a_table() {
    let session = session(catalog());
    assert_eq!(ask(&session, "with customers as (select 7 as id) select id from customers").await, "7");
}

#[tokio::test]
async fn listings() {
    let catalog = catalog().with_view(name("marts.loud"), "select upper(name) as name from main.customers");
    let session = session(catalog);
    assert_eq!(ask(&session, "show tables").await, "main|customers\nmarts|loud");
    assert_eq!(ask(&session, "show schemas").await, "main\nmarts");
    assert_eq!(ask(&session, "describe customers").await, "1|id|bigint|no\n2|name|varchar|no");
    assert_eq!(ask(&session, "describe marts.loud").await, "1|name|varchar|yes");
    assert_eq!(ask(&session, "show timezone").await, "UTC");
    assert_eq!(
        ask(&session, "select table_name from information_schema.tables where table_schema = 'marts'").await,
        "loud"
    );
    assert_eq!(
        ask(&session, "select table_name, table_type from information_schema.tables order by 1").await,
        "customers|BASE TABLE\nloud|VIEW"
    );
}

/// Remembers which names were asked for; has a million tables.
#[derive(Debug)]
struct Watched {
    inner: MemoryCatalog,
    asked: Arc<Mutex<Vec<RelationName>>>,
}

#[async_trait::async_trait]
impl Catalog for Watched {
    async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
        self.asked.lock().expect("no panic").push(name.clone());
        self.inner.relation(name).await
    }

    async fn names(&self) -> Result<Vec<RelationName>, SqlError> {
        panic!("a statement whose names exist needs no listing")
    }
}

#[tokio::test]
async fn only_the_names_of_a_statement_are_looked_up_and_each_once() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let inner = catalog().with_view(name("main.v"), "select * from customers");
    let session = session(Watched { inner, asked: Arc::clone(&asked) });
    ask(&session, "select * from v a, v b, customers c where exists (select 1 from main.customers)").await;
    let mut names = asked.lock().expect("no panic").clone();
    names.sort();
    assert_eq!(names, [name("main.customers"), name("main.v")]);
}

#[tokio::test]
async fn a_relation_that_cannot_be_read_says_why() {
    #[derive(Debug)]
    struct Refusing;
    #[async_trait::async_trait]
    impl Catalog for Refusing {
        async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
            Err(SqlError::new(SqlErrorKind::Failed, format!("{name} has deletion vectors")))
        }
        async fn names(&self) -> Result<Vec<RelationName>, SqlError> {
            Ok(vec![])
        }
    }
    let error = fail(&session(Refusing), "select * from t").await;
    assert_eq!(error.message, "main.t has deletion vectors");
    assert!(error.position.is_some());
}
