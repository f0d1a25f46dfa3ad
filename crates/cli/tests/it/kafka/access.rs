//! Whom a broker lets in, and whom we believe: TLS by OpenSSL, SCRAM by another library, and librdkafka comes the same way.
use ade_testing::{Kafka, KafkaGate};

use super::{Shop, declared};

/// A password with everything in it that SCRAM and SASL have to write otherwise.
const USER: (&str, &str) = ("ade,ops=1", "grün, =canary-3c1d");

/// A shop whose broker has something before it; ten orders are there.
fn shop(gate: KafkaGate) -> Shop {
    let shop = Shop::with(Kafka::start_behind(gate).unwrap(), 1, &declared("mode: incremental", ""));
    shop.order(0, 0..10);
    shop
}

impl Shop {
    /// What is said when a run fails; the environment has a password.
    fn refused(&self, settings: &str, password: &str) -> String {
        self.connect(settings);
        self.ade.env("PASSWORD", password).run(&["ingest"]).exits(1).all()
    }

    fn lands(&self, settings: &str) {
        self.connect(settings);
        self.ade.env("PASSWORD", USER.1).run(&["ingest", "--full-refresh"]).succeeds();
        assert_eq!(self.count(), "10,10,10", "{settings}");
    }
}

#[test]
fn a_password_is_proved_in_each_way_that_brokers_know() {
    let shop = shop(KafkaGate { user: Some(USER), ..KafkaGate::default() });
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let login = format!("user: '{}', password: '${{env:PASSWORD}}', mechanism: {mechanism}", USER.0);
        shop.lands(&login);
        let said = shop.refused(&login, "canary-3c1e");
        let why = format!(
            "invalid credentials with SASL mechanism {mechanism}; correct `user`, `password` and `mechanism` of connection `bus`"
        );
        assert!(said.contains("does not let us in") && said.contains(&why), "{said}");
        assert!(!said.contains("canary"), "{said}");
        let nobody = login.replace(USER.0, "nobody");
        assert!(shop.refused(&nobody, USER.1).contains("does not let us in"));
    }
    let said = shop.refused("", "");
    assert!(said.contains("closed the connection when it was asked") && said.contains("`user`"), "{said}");
}

#[test]
fn a_login_that_nobody_asked_for_is_told() {
    let shop = Shop::new(1, "mode: incremental", "");
    let said = shop.refused("user: ade, password: '${env:PASSWORD}'", "any");
    assert!(said.contains("it signs nobody in: leave out `user` and `password`"), "{said}");
}

#[test]
fn a_broker_proves_who_it_is() {
    let shop = shop(KafkaGate { has_tls: true, user: Some(USER), ..KafkaGate::default() });
    let login = format!("user: '{}', password: '${{env:PASSWORD}}', mechanism: SCRAM-SHA-512", USER.0);
    let root = format!("tls_root: {}", shop.kafka.file("authority.pem").display());
    shop.lands(&format!("{login}, tls: verify-full, {root}"));
    shop.lands(&format!("{login}, tls: require"));
    let said = shop.refused(&format!("{login}, tls: verify-full"), USER.1);
    assert!(said.contains("TLS failed: invalid peer certificate: UnknownIssuer"), "{said}");
    assert!(said.contains("set `tls_root` of connection `bus`"), "{said}");
    let said = shop.refused(&login, USER.1);
    assert!(said.contains("closed the connection when it was greeted") && said.contains("set `tls`"), "{said}");
    // By another name than the one in its certificate.
    let by_number = |settings: &str| {
        shop.connect(settings);
        shop.folder.replace("ade.yml", "localhost", "127.0.0.1");
        shop.ade.env("PASSWORD", USER.1).run(&["ingest"])
    };
    let said = by_number(&format!("{login}, tls: verify-full, {root}")).exits(1).all();
    assert!(said.contains("not valid for name") && said.contains("the names in their certificates"), "{said}");
    by_number(&format!("{login}, tls: verify-ca, {root}")).succeeds();
}

#[test]
fn a_broker_may_ask_for_a_certificate() {
    let shop = shop(KafkaGate { has_tls: true, asks_certificate: true, ..KafkaGate::default() });
    let file = |name: &str| shop.kafka.file(name).display().to_string();
    let root = format!("tls: verify-full, tls_root: {}", file("authority.pem"));
    shop.lands(&format!("{root}, tls_certificate: {}, tls_key: {}", file("client.pem"), file("client.key")));
    let said = shop.refused(&root, "");
    assert!(said.contains("TLS failed") || said.contains("closed the connection"), "{said}");
    let said = shop.refused(&format!("{root}, tls_certificate: {}", file("client.pem")), "");
    assert!(said.contains("setting `tls_key` is missing"), "{said}");
}
