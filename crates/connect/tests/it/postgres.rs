//! Sessions with PostgreSQL: who is let in, how, and what is said otherwise.

use ade_connect::ConnectError;
use ade_testing::Postgres;
use serde_json::json;

use crate::between::Between;
use crate::source::Source;

async fn refusal(source: &Source) -> String {
    match source.try_open().await {
        Ok(_) => panic!("it is let in"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn passwords_are_proven_and_refusals_say_what_to_do() {
    let mut source = Source::postgres(
        "create role app login password 'Ünit \"7\" p''w'; set password_encryption = md5;
         create role old login password 'old'; create table t (id int); grant select on t to app;",
    );
    source.postgres.as_ref().unwrap().demand_passwords(false).unwrap();
    source.set("user", json!("app"));
    source.set("database", json!("postgres"));
    assert!(refusal(&source).await.contains("it asks for a password, and the connection has none (`password`)"));
    source.set("password", json!("wrong"));
    let error = refusal(&source).await;
    assert!(error.contains("password authentication failed for user \"app\" (28P01)"), "{error}");
    assert!(error.ends_with("correct `user` and `password`"), "{error}");
    source.set("password", json!("Ünit \"7\" p'w"));
    assert!(source.open().await.browse().await.unwrap().iter().any(|table| table.from == "t"));
    source.set("database", json!("shop"));
    assert!(refusal(&source).await.ends_with("database \"shop\" does not exist (3D000); correct `database`"));

    // All of it as one text.
    let port = source.postgres.as_ref().unwrap().port();
    let url = format!("postgres://app:%C3%9Cnit%20%227%22%20p'w@127.0.0.1:{port}/postgres");
    for setting in ["host", "port", "user", "password", "database"] {
        source.unset(setting);
    }
    source.set("url", json!(url));
    assert!(source.try_open().await.is_ok());
}

#[tokio::test]
async fn what_is_missing_or_not_there_is_said() {
    let mut source = Source::postgres("");
    source.set("max_rows_per_second", json!(5));
    source.set("max_bytes_per_second", json!(5));
    assert!(refusal(&source).await.contains("are given both"));
    source.unset("max_rows_per_second");
    source.postgres.as_mut().unwrap().kill();
    let error = source.try_open().await.err().unwrap();
    assert!(matches!(error, ConnectError::Open { .. }), "{error}");
    assert!(error.to_string().contains("see that the server is running"), "{error}");
    source.unset("host");
    assert!(refusal(&source).await.contains("setting `host` is missing"));
    source.set("host", json!("127.0.0.1"));
    source.set("ssh", json!("nobody@127.0.0.1:1"));
    let error = refusal(&source).await;
    assert!(error.contains("`ssh`") && !error.contains("panicked"), "{error}");
}

#[tokio::test]
async fn tls_proves_the_server_as_far_as_is_asked() {
    let server = Postgres::start_with_tls().unwrap();
    let (authority, port) = (server.authority(), server.port());
    let mut source = Source::postgres_on(server, "create role app login password 'app'; create table t (id int)");
    source.postgres.as_ref().unwrap().demand_passwords(true).unwrap();
    for (setting, value) in [("user", "app"), ("password", "app"), ("database", "postgres"), ("host", "localhost")] {
        source.set(setting, json!(value));
    }
    // Without TLS, nobody but the superuser is let in.
    assert!(refusal(&source).await.contains("28000"));
    source.set("tls", json!("require"));
    assert!(source.try_open().await.is_ok());
    for mode in ["verify-ca", "verify-full"] {
        source.set("tls", json!(mode));
        source.unset("tls_root");
        let error = refusal(&source).await;
        assert!(error.contains("TLS failed") && error.contains("`tls_root`"), "{error}");
        source.set("tls_root", json!(authority));
        assert!(source.try_open().await.is_ok(), "{mode}");
    }
    // Another name than the certificate's.
    source.set("host", json!("127.0.0.1"));
    assert!(refusal(&source).await.contains("TLS failed"));
    source.set("tls", json!("verify-ca"));
    assert!(source.try_open().await.is_ok());
    source.set("tls_root", json!("nowhere.pem"));
    assert!(refusal(&source).await.contains("cannot read `tls_root`"));
    // Through the URL, in libpq's words.
    for setting in ["tls", "tls_root", "host", "port"] {
        source.unset(setting);
    }
    source.set("url", json!(format!("postgres://localhost:{port}/?sslmode=prefer")));
    assert!(source.try_open().await.is_ok());
}

#[tokio::test]
async fn a_certificate_proves_who_we_are() {
    let server = Postgres::start_with_tls().unwrap();
    let (authority, [certificate, key]) = (server.authority(), server.identity());
    let mut source = Source::postgres_on(server, "create role certified login; create table t (id int)");
    source.postgres.as_ref().unwrap().demand_certificates().unwrap();
    for (setting, value) in [("user", "certified"), ("database", "postgres"), ("host", "localhost")] {
        source.set(setting, json!(value));
    }
    source.set("tls", json!("verify-full"));
    source.set("tls_root", json!(authority));
    assert!(refusal(&source).await.contains("28000"));
    source.set("tls_certificate", json!(certificate));
    assert!(refusal(&source).await.contains("setting `tls_key` is missing"));
    source.set("tls_key", json!(certificate));
    assert!(refusal(&source).await.contains("cannot read `tls_key`"));
    source.set("tls_key", json!(key));
    assert!(source.try_open().await.is_ok());
    source.set("tls_certificate", json!(authority));
    assert!(refusal(&source).await.contains("its `tls_key` is not the key of its `tls_certificate`"));
}

#[tokio::test]
async fn who_sits_between_cannot_pass_on_a_proof() {
    let server = Postgres::start_with_tls().unwrap();
    let between = Between::start(server.port(), &server.authority()).await;
    let mut source = Source::postgres_on(server, "create role app login password 'app'; create table t (id int)");
    source.postgres.as_ref().unwrap().demand_passwords(true).unwrap();
    for (setting, value) in [("user", "app"), ("password", "app"), ("database", "postgres"), ("tls", "require")] {
        source.set(setting, json!(value));
    }
    assert!(source.try_open().await.is_ok());
    // Nobody looks at certificates, and yet the server does not take what was meant for another one.
    source.set("port", json!(between.port));
    let error = refusal(&source).await;
    assert!(error.contains("channel binding"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_the_clear() {
    let mut source = Source::postgres("");
    source.set("tls", json!("require"));
    assert!(refusal(&source).await.contains("it offers no TLS"));
}

#[tokio::test]
async fn sessions_can_only_read() {
    let source = Source::postgres(
        "create table t (id int); insert into t values (1);
         create function writes() returns int language sql volatile as 'insert into t values (2) returning id';
         create view v as select writes() as id;",
    );
    let error = source.read_error(&source.request("v", json!({}))).await.to_string();
    assert!(error.contains("read-only transaction (25006)"), "{error}");
    assert_eq!(source.query("select count(*) from t"), ["1"]);
}

/// A server that says no more than who it is.
#[tokio::test]
async fn a_server_that_is_too_old_is_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut source = Source::postgres("");
    source.set("port", json!(listener.local_addr().unwrap().port()));
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let length = stream.read_u32().await.unwrap() - 4;
        stream.read_exact(&mut vec![0; length as usize]).await.unwrap();
        // Let in, its version, and that it is ready.
        let version = b"server_version\x0011.22 (Debian 11.22-1)\0";
        let mut answer = b"R\0\0\0\x08\0\0\0\0S\0\0\0".to_vec();
        answer.push(u8::try_from(version.len() + 4).unwrap());
        answer.extend(version);
        answer.extend(b"Z\0\0\0\x05I");
        stream.write_all(&answer).await.unwrap();
        drop(stream.read_u8().await);
    };
    let (refusal, ()) = tokio::join!(refusal(&source), server);
    assert!(
        refusal.contains("it is PostgreSQL 11.22, and versions 12 to 18 are supported; have its owner"),
        "{refusal}"
    );
}
