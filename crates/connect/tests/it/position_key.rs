//! What positions say about rows says nothing without the key.

use ade_connect::{ConnectError, PositionKey, ReadRequest};
use serde_json::{Value, json};

use crate::source::{Source, drain, incremental};

fn sqlite() -> (Source, ReadRequest) {
    let source = Source::sqlite(
        "create table t (id integer primary key, phone text, at timestamp);
         insert into t values (1, '+447700900123', '2024-01-01 10:00:00');",
    );
    let mut request = source.request("t", json!({}));
    request.mode = incremental(Some("at"), None);
    (source, request)
}

fn files() -> (Source, ReadRequest) {
    let source = Source::files();
    source.write("t.csv", "id,phone\n1,+447700900123\n");
    let mut request = source.request("t.csv", json!({}));
    request.mode = incremental(None, None);
    (source, request)
}

async fn position(source: &Source, request: &ReadRequest, key: Option<[u8; 32]>) -> Result<Value, ConnectError> {
    let snapshot = source.open_with(key.map(PositionKey::new)).await?.snapshot().await?;
    let plan = snapshot.plan(request).await?;
    let (_, end) = drain(snapshot.read(&plan, &plan.units[0]).await?).await?;
    Ok(end.position(None, "b").unwrap())
}

#[tokio::test]
async fn digests_in_positions_depend_on_the_key() {
    for (source, request) in [sqlite(), files()] {
        let one = position(&source, &request, Some([1; 32])).await.unwrap();
        assert_eq!(position(&source, &request, Some([1; 32])).await.unwrap(), one);
        let other = position(&source, &request, Some([2; 32])).await.unwrap();
        assert_ne!(other, one);
        let digest = |position: &Value| match position.get("window") {
            Some(window) => window.clone(),
            None => position["files"]["t.csv"]["hash"].clone(),
        };
        assert_ne!(digest(&other), digest(&one));
        assert_eq!(digest(&one).as_str().unwrap().len(), 64);
    }
    let (source, request) = files();
    let text = position(&source, &request, Some([1; 32])).await.unwrap().to_string();
    let guess = blake3::hash(b"id,phone\n1,+447700900123\n").to_hex();
    assert!(!text.contains(guess.as_str()), "{text}");
}

#[tokio::test]
async fn without_a_key_nothing_is_read_incrementally() {
    for (source, mut request) in [sqlite(), files()] {
        let error = position(&source, &request, None).await.unwrap_err().to_string();
        assert!(error.contains("there is no key for them; make a key"), "{error}");
        request.mode = ade_connect::ReadMode::Full;
        let snapshot = source.open_with(None).await.unwrap().snapshot().await.unwrap();
        let plan = snapshot.plan(&request).await.unwrap();
        let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
        assert_eq!(batches[0].num_rows(), 1);
    }
}

#[test]
fn a_key_is_never_printed() {
    assert_eq!(format!("{:?}", PositionKey::new([9; 32])), "PositionKey");
}
