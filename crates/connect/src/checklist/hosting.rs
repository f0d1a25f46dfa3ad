//! Whether somebody runs a server as a service, and which.

/// A service that runs databases; [`Hosting::Own`] for none that gives itself away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hosting {
    Aurora,
    Rds,
    CloudSql,
    AlloyDb,
    Azure,
    Supabase,
    Neon,
    DigitalOcean,
    Aiven,
    Heroku,
    PlanetScale,
    Timescale,
    Own,
}

/// What a service gives itself away by.
#[derive(Debug, Default)]
pub(crate) struct Signs<'a> {
    /// The server's name, as the connection has it.
    pub(crate) host: &'a str,
    /// Names of settings, roles and folders, and words of the version.
    pub(crate) words: Vec<String>,
}

/// Endings of hosts, beginnings of words.
const KNOWN: [(Hosting, &[&str], &[&str]); 12] = [
    (Hosting::Aurora, &[], &["aurora"]),
    (Hosting::AlloyDb, &[], &["alloydb"]),
    (Hosting::CloudSql, &[], &["cloudsql", "-google"]),
    (Hosting::Azure, &[".database.azure.com"], &["azure"]),
    (Hosting::Supabase, &[".supabase.co", ".supabase.com"], &["supabase", "supautils"]),
    (Hosting::Neon, &[".neon.tech"], &["neon"]),
    (Hosting::DigitalOcean, &[".db.ondigitalocean.com"], &["doadmin"]),
    (Hosting::Aiven, &[".aivencloud.com"], &["avnadmin"]),
    (Hosting::Timescale, &[".timescaledb.io", ".tsdb.cloud.timescale.com"], &["tsdbadmin"]),
    (Hosting::PlanetScale, &[".psdb.cloud"], &["vitess", "planetscale"]),
    (Hosting::Heroku, &[], &["heroku"]),
    (Hosting::Rds, &[".rds.amazonaws.com"], &["rds.", "rds_superuser", "rdsadmin", "/rdsdb"]),
];

impl Hosting {
    /// Which one it is, and by what it was recognised.
    pub(crate) fn recognise(signs: &Signs<'_>) -> (Self, String) {
        let host = signs.host.to_ascii_lowercase();
        for (hosting, endings, beginnings) in KNOWN {
            if let Some(ending) = endings.iter().find(|ending| host.ends_with(**ending)) {
                return (hosting, format!("the host ends in `{ending}`"));
            }
            let is_sign = |word: &&String| {
                let word = word.to_ascii_lowercase();
                beginnings.iter().any(|sign| word.starts_with(sign) || (sign.starts_with('-') && word.contains(sign)))
            };
            if let Some(word) = signs.words.iter().find(is_sign) {
                return (hosting, format!("it has `{word}`"));
            }
        }
        let why = "neither the host nor a role or setting of the server is one of a known service";
        (Self::Own, why.to_owned())
    }

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aurora => "managed: Amazon Aurora",
            Self::Rds => "managed: Amazon RDS",
            Self::CloudSql => "managed: Google Cloud SQL",
            Self::AlloyDb => "managed: Google AlloyDB",
            Self::Azure => "managed: Azure Database",
            Self::Supabase => "managed: Supabase",
            Self::Neon => "managed: Neon",
            Self::DigitalOcean => "managed: DigitalOcean",
            Self::Aiven => "managed: Aiven",
            Self::Heroku => "managed: Heroku",
            Self::PlanetScale => "managed: PlanetScale",
            Self::Timescale => "managed: Timescale Cloud",
            Self::Own => "own server, as far as it shows",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_give_themselves_away() {
        let of = |host: &str, words: &[&str]| {
            Hosting::recognise(&Signs { host, words: words.iter().map(|word| (*word).to_owned()).collect() })
        };
        assert_eq!(of("db.x.eu-west-1.rds.amazonaws.com", &[]).0, Hosting::Rds);
        assert_eq!(of("db.x.eu-west-1.rds.amazonaws.com", &["aurora_version"]).0, Hosting::Aurora);
        assert_eq!(
            of("10.0.0.1", &["rds.logical_replication"]),
            (Hosting::Rds, "it has `rds.logical_replication`".to_owned())
        );
        assert_eq!(of("10.0.0.1", &["8.0.31-google"]).0, Hosting::CloudSql);
        assert_eq!(of("shop.mysql.database.azure.com", &[]).0, Hosting::Azure);
        assert_eq!(of("db.example.org", &["work_mem", "postgres"]).0, Hosting::Own);
    }
}
