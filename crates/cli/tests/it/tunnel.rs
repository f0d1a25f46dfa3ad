//! A database behind another machine, by the system's `ssh`.
use ade_testing::{Folder, Postgres, SshServer};

use crate::program::program;

#[test]
fn a_database_behind_another_machine_is_read_and_captured() {
    let server = Postgres::start().unwrap();
    let between = SshServer::start().unwrap();
    server.psql("create table orders(id int primary key); insert into orders select generate_series(1, 5000)").unwrap();
    let folder = Folder::new();
    let project = format!(
        "name: far\nconnections:\n  db:\n    type: postgres\n    host: localhost\n    port: {}\n    user: postgres\n    \
         ssh: {}\n    ssh_key: {}\nprivacy:\n  rules: [{{column: \"*\", class: public}}]\n",
        server.port(),
        between.address().unwrap(),
        between.key().display(),
    );
    folder.write("ade.yml", project);
    folder.write(
        "sources/far.yml",
        "sources:\n  - name: far\n    connection: db\n    tables:\n      - {name: orders, ingest: {from: orders}}\n      \
         - {name: captured, ingest: {from: orders, mode: capture, key: [id]}}\n",
    );
    let path = format!("{}:/usr/bin:/bin", between.programs().display());
    let ade = program(&folder).env("PATH", &path);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    server.psql("delete from orders where id > 10; update orders set id = -id where id = 1").unwrap();
    ade.run(&["ingest"]).succeeds();
    for table in ["orders", "captured"] {
        assert_eq!(ade.rows(&format!("select count(*), min(id) from far.{table}")), ["10,-1"]);
    }
    // A machine that does not know us.
    drop(between);
    let refused = ade.run(&["ingest"]).exits(1).all();
    assert!(refused.contains("`ssh` ended") && refused.contains("signs in there without asking"), "{refused}");
}
