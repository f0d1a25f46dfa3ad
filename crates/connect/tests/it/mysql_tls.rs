//! Whom a connection to MariaDB believes.

use std::path::Path;
use std::process::Command;

use ade_testing::{Folder, MariaDb};
use serde_json::json;

use crate::source::Source;

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An authority, and a server's certificate by it for the name `db.example.com`.
fn certificates() -> Folder {
    let folder = Folder::new();
    for name in ["ca", "other"] {
        openssl(
            folder.path(),
            &format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}"
            ),
        );
    }
    openssl(
        folder.path(),
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=db",
    );
    folder.write("names", "subjectAltName=DNS:db.example.com,IP:127.0.0.1\n");
    openssl(
        folder.path(),
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
    );
    // The server may run as another user.
    let modes = Command::new("chmod").arg("-R").arg("a+rX").arg(folder.path()).status().unwrap();
    assert!(modes.success());
    folder
}

fn argument(name: &str, path: &Path) -> String {
    format!("--{name}={}", path.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_must_prove_who_it_is() {
    let files = certificates();
    let arguments = [
        argument("ssl-ca", &files.at("ca.pem")),
        argument("ssl-cert", &files.at("server.pem")),
        argument("ssl-key", &files.at("server.key")),
    ];
    let server = MariaDb::start_with(&arguments.each_ref().map(String::as_str)).unwrap();
    let port = server.port();
    let mut source = Source::mysql_on(
        server,
        "create view cipher as select variable_value as c from information_schema.session_status where variable_name = 'Ssl_cipher';
         create user tls_only@'%' require ssl; grant select on app.* to tls_only@'%';",
    );
    let ca = files.at("ca.pem").display().to_string();
    let other = files.at("other.pem").display().to_string();
    let url = |user: &str, host: &str| json!(format!("mysql://{user}@{host}:{port}/app"));

    // On this machine nothing is encrypted unless it is asked for; a login may demand it.
    assert_eq!(source.read(&source.request("cipher", json!({}))).await.unwrap().rows(), [""]);
    source.set("url", url("tls_only", "127.0.0.1"));
    assert!(source.try_open().await.is_err());
    for (mode, root, name, expected) in [
        ("require", None, None, Ok(())),
        ("verify-full", Some(&ca), None, Ok(())),
        ("verify-full", Some(&ca), Some("db.example.com"), Ok(())),
        ("verify-full", Some(&ca), Some("db2.example.com"), Err("not valid for name")),
        ("verify-full", Some(&other), None, Err("UnknownIssuer")),
        ("verify-full", None, None, Err("UnknownIssuer")),
    ] {
        source.set("tls", json!(mode));
        for (setting, value) in [("tls_root", root.map(String::as_str)), ("tls_server_name", name)] {
            match value {
                Some(value) => source.set(setting, json!(value)),
                None => source.unset(setting),
            }
        }
        match (source.try_open().await, expected) {
            (Ok(_), Ok(())) => {
                let rows = source.read(&source.request("cipher", json!({}))).await.unwrap().rows();
                assert!(rows[0].contains("TLS") || rows[0].contains("AES") || rows[0].contains("CHACHA"), "{rows:?}");
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (opened, expected) => panic!("{mode} {root:?} {name:?}: {:?}, {expected:?}", opened.err()),
        }
    }
    source.set("tls_root", json!("missing.pem"));
    let error = source.try_open().await.err().unwrap().to_string();
    assert!(error.contains("missing.pem") && error.contains("correct `tls_root`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused_where_it_is_asked_for() {
    let mut source = Source::mysql("select 1");
    source.set("tls", json!("require"));
    let error = source.try_open().await.err().unwrap().to_string();
    assert!(error.contains("the server offers no TLS; ask its owner"), "{error}");
}
