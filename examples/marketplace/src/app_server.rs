//! The server in which the app has its database, as the project's files say it.

/// Schema of the app's tables in the server.
pub const APP_SCHEMA: &str = "marketplace";

/// The PostgreSQL server in which the app has its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppServer {
    /// Settings of the connection, by their names in `ade.yml`; secrets as references.
    pub settings: Vec<(String, String)>,
    /// Whether its log tells what changes; otherwise change times do.
    pub tells_changes: bool,
}

impl AppServer {
    /// A file of the project, as it is for this server.
    pub(crate) fn rewrite(&self, path: &str, text: &str) -> String {
        match path {
            "ade.yml" => text.replace("  app_db: {type: sqlite, path: data/app.db}\n", &self.connection()),
            "sources/app.yml" => self.source(text),
            "README.md" => text.replace(
                "| app database | `data/app.db` (SQLite) | changed rows by `updated_at`; small tables whole |",
                if self.tells_changes {
                    "| app database | PostgreSQL, schema `marketplace` | what its log says has changed |"
                } else {
                    "| app database | PostgreSQL, schema `marketplace` | changed rows by `updated_at`; small tables whole |"
                },
            ),
            _ => text.to_owned(),
        }
    }

    fn connection(&self) -> String {
        // Texts, whatever they look like, and a number.
        let written = |name: &str, value: &str| match name {
            "port" => value.to_owned(),
            _ => format!("'{}'", value.replace('\'', "''")),
        };
        let settings = self.settings.iter().map(|(name, value)| format!("    {name}: {}\n", written(name, value)));
        format!("  app_db:\n    type: postgres\n{}", settings.collect::<String>())
    }

    /// Every table comes from the schema, and by the log where that tells changes.
    fn source(&self, text: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut table = "";
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("      - name: ") {
                table = name;
                lines.push(line.to_owned());
                if self.tells_changes {
                    lines.push(format!("        ingest: {{from: {APP_SCHEMA}.{table}, mode: capture, key: [id]}}"));
                } else if !has_ingest(text, table) {
                    lines.push(format!("        ingest: {{from: {APP_SCHEMA}.{table}}}"));
                }
                continue;
            }
            match line.strip_prefix("        ingest: {") {
                Some(_) if self.tells_changes => {}
                Some(declared) => lines.push(format!("        ingest: {{from: {APP_SCHEMA}.{table}, {declared}")),
                None => lines.push(line.to_owned()),
            }
        }
        let written = lines.join("\n") + "\n";
        if self.tells_changes { written.replace(" Small, so every run replaces it.", "") } else { written }
    }
}

fn has_ingest(text: &str, table: &str) -> bool {
    let behind = text.split_once(&format!("      - name: {table}\n")).map_or("", |(_, behind)| behind);
    behind.split("\n      - name: ").next().is_some_and(|own| own.contains("        ingest: {"))
}
