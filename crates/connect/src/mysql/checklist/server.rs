//! Which server it is: version, hosting, primary or replica, time zone.

use super::Variables;
use crate::checklist::{Hosting, Signs};
use crate::mysql::server::Server;
use crate::{Checklist, Topic};

pub(super) fn look(server: &Server, variables: &Variables, list: &mut Checklist) -> Hosting {
    let product = if variables.is_mariadb() { "MariaDB" } else { "MySQL" };
    let answer = format!(
        "{product} {} ({}), `{}`, {}",
        variables.get("version"),
        variables.get("version_comment"),
        server.name,
        variables.get("character_set_server")
    );
    list.found(Topic::Server, "", answer, "version, version_comment, character_set_server");
    let mut words = vec![variables.get("version").to_owned(), variables.get("basedir").to_owned()];
    words.extend(variables.get("version_comment").split_whitespace().map(str::to_owned));
    if !variables.get("aurora_version").is_empty() {
        words.push("aurora_version".to_owned());
    }
    let host = server.options.ip_or_hostname();
    let (hosting, why) = Hosting::recognise(&Signs { host, words });
    list.found(Topic::Hosting, "", hosting.name(), why);
    if hosting == Hosting::Own {
        list.asks(
            Topic::Hosting,
            "Who runs the server: a team of the company, or a service that does not show?",
            "switches such as `binlog_format` are set in different places",
        );
    }
    if variables.is_on("read_only") || variables.is_on("super_read_only") {
        list.found(Topic::Role, "", "read-only: a replica, most likely", "read_only");
        list.asks(
            Topic::Role,
            "Which server does it follow, and how far behind may it be?",
            "a login that may only read is not told of replication",
        );
    } else {
        list.found(Topic::Role, "", "takes writes: a primary", "read_only");
    }
    let (zone, system) = (variables.get("time_zone"), variables.get("system_time_zone"));
    let answer = if zone == "SYSTEM" { format!("that of the machine, {system}") } else { zone.to_owned() };
    list.found(
        Topic::TimeZone,
        "",
        format!("{answer}, for programs that do not say one"),
        "time_zone, system_time_zone",
    );
    hosting
}
