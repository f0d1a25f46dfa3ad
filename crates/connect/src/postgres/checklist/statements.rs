//! What the owner of a server would have to do so that changes can be captured, in the words of who runs it.

use crate::checklist::Hosting;
use crate::postgres::literal::identifier;

/// To have the log tell rows apart.
pub(super) fn wal_level(hosting: Hosting) -> String {
    match hosting {
        Hosting::Rds | Hosting::Aurora => {
            "-- parameter group of the instance or cluster: rds.logical_replication = 1, then reboot".to_owned()
        }
        Hosting::CloudSql => "-- flag of the instance: cloudsql.logical_decoding = on (it restarts)".to_owned(),
        Hosting::AlloyDb => "-- flag of the instance: alloydb.logical_decoding = on (it restarts)".to_owned(),
        Hosting::Azure => "-- server parameter: wal_level = logical, then restart".to_owned(),
        Hosting::Neon => "-- project settings: enable logical replication (it restarts)".to_owned(),
        Hosting::Own | Hosting::Timescale => {
            "alter system set wal_level = 'logical'; -- counts from the next restart of the server".to_owned()
        }
        _ => "-- ask the service for wal_level = logical (it needs a restart)".to_owned(),
    }
}

/// To let a login replicate.
pub(super) fn replication(hosting: Hosting, user: &str) -> String {
    match hosting {
        Hosting::Rds | Hosting::Aurora => format!("grant rds_replication to {}", identifier(user)),
        _ => format!("alter role {} replication", identifier(user)),
    }
}

/// To raise a limit that is set at the server's start.
pub(super) fn limit(hosting: Hosting, setting: &str, value: u64) -> String {
    match hosting {
        Hosting::Own | Hosting::Timescale => {
            format!("alter system set {setting} = {value}; -- counts from the next restart of the server")
        }
        _ => format!("-- parameter of the server: {setting} = {value}, then restart"),
    }
}
