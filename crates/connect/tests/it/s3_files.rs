//! Files in a bucket, of a real server that speaks as S3 does.

use ade_testing::S3Server;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use serde_json::{Value, json};

use crate::source::{Source, incremental};

struct Bucket {
    server: S3Server,
    bucket: AmazonS3,
}

impl Bucket {
    async fn start() -> Self {
        let server = S3Server::start().unwrap();
        let client = reqwest::Client::new();
        let made = client.put(format!("{}/mail", server.endpoint())).send().await.unwrap();
        assert!(made.status().is_success(), "{}", made.status());
        let bucket = AmazonS3Builder::new()
            .with_bucket_name("mail")
            .with_region("us-east-1")
            .with_endpoint(server.endpoint())
            .with_allow_http(true)
            .with_access_key_id("key")
            .with_secret_access_key("secret")
            .build()
            .unwrap();
        Self { server, bucket }
    }

    async fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        let content = PutPayload::from(content.into());
        self.bucket.put(&Path::parse(path).unwrap(), content).await.unwrap();
    }

    fn source(&self, path: &str, settings: Value) -> Source {
        let mut source = Source::remote(path, settings);
        source.set("endpoint", json!(self.server.endpoint()));
        source
    }

    fn signed(&self, path: &str) -> Source {
        self.source(path, json!({ "access_key_id": "key", "secret_access_key": "secret" }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_bucket_are_listed_and_each_is_a_batch() {
    let bucket = Bucket::start().await;
    bucket.put("in/stock/2026-01-01.csv", "sku,qty\nA,1\n").await;
    bucket.put("in/stock/2026-01-02.csv", "sku,qty\nA,2\n").await;
    bucket.put("in/stock/deep/2026-01-03.csv", "sku,qty\nA,9\n").await;
    bucket.put("in/people.json", "[{\"id\": 1}]").await;
    bucket.put("other/stock.csv", "no\n1\n").await;
    let source = bucket.signed("s3://mail/in");
    let tables = source.open().await.browse().await.unwrap();
    let found: Vec<_> = tables.iter().map(|table| table.from.as_str()).collect();
    assert_eq!(found, ["people.json", "stock/*.csv", "stock/deep/*.csv"]);

    let mut request = source.request("stock/*.csv", json!({}));
    request.mode = incremental(None, None);
    let load = source.read(&request).await.unwrap();
    assert_eq!(load.rows(), ["A|1", "A|2"]);
    request.position = load.position(None, "b");
    assert_eq!(source.plan(&request).await.unwrap().units.len(), 0);

    bucket.put("in/stock/2026-01-02.csv", "sku,qty\nA,3\n").await;
    bucket.put("in/stock/2026-01-04.csv", "sku,qty\nA,4\n").await;
    let load = source.read(&request).await.unwrap();
    assert_eq!(load.rows(), ["A|3", "A|4"]);
    let replaced: Vec<_> = load.plan.units.iter().map(|unit| unit.replaces_batch.as_deref()).collect();
    assert_eq!(replaced, [Some("b1"), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_objects_come_in_pieces_and_a_change_fails_the_read() {
    let bucket = Bucket::start().await;
    let text: String = std::iter::once("id,name\n".to_owned())
        .chain((0..400_000).map(|id| format!("{id},customer {id} of many\n")))
        .collect();
    bucket.put("large.csv", text.clone()).await;
    let source = bucket.signed("s3://mail");
    let mut request = source.request("large.csv", json!({}));
    request.mode = incremental(None, None);
    let load = source.read(&request).await.unwrap();
    let rows = load.rows();
    assert_eq!((rows.len(), rows[399_999].as_str()), (400_000, "399999|customer 399999 of many"));

    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request).await.unwrap();
    bucket.put("large.csv", text.replace("customer 7 ", "customer 8 ")).await;
    let failed = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap_err();
    assert_eq!(failed.id(), "source-changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_bucket_needs_no_key_and_what_is_missing_is_told() {
    let bucket = Bucket::start().await;
    let put = reqwest::Client::new().put(format!("{}/mail/a.csv", bucket.server.endpoint()));
    let put = put.header("x-amz-acl", "public-read").body("id\n1\n").send().await.unwrap();
    assert!(put.status().is_success(), "{}", put.status());
    let source = bucket.source("s3://mail", json!({ "anonymous": true }));
    assert_eq!(source.read(&source.request("a.csv", json!({}))).await.unwrap().rows(), ["1"]);
    for (source, expected) in [
        (bucket.source("s3://mail", json!({})), "nothing says as whom it is read; give `access_key_id`"),
        (bucket.source("s3://", json!({ "anonymous": true })), "it names no bucket"),
        (bucket.signed("s3://none"), "there is no such bucket"),
    ] {
        let found = match source.try_open().await {
            Err(error) => error,
            Ok(_) => source.read_error(&source.request("*.csv", json!({}))).await,
        };
        assert!(found.to_string().contains(expected), "{found}");
    }
    bucket.put("private.csv", "id\n1\n").await;
    let found = source.read_error(&source.request("private.csv", json!({}))).await.to_string();
    assert!(found.contains("the server refuses the key; it needs `s3:ListBucket`"), "{found}");
    let source = bucket.signed("s3://mail");
    assert_eq!(source.read_error(&source.request("none.csv", json!({}))).await.id(), "source-not-found");
    let mut open = Source::remote("s3://mail", json!({ "anonymous": true }));
    open.set("endpoint", json!("http://s3.example.org"));
    assert!(open.try_open().await.err().unwrap().to_string().contains("`endpoint` is `http://`"));
}
