#[path = "../tests/it/ade_database.rs"]
mod ade_database;
use sqllogictest::{AsyncDB, DBOutput};
#[tokio::main]
async fn main() {
    let mut db = ade_database::AdeDatabase::new();
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match db.run(line).await {
            Ok(DBOutput::Rows { rows, .. }) => {
                println!("{}", rows.iter().map(|r| r.join("|")).collect::<Vec<_>>().join(" ; ").replace('\n', "\\n"))
            }
            Ok(_) => println!("OK"),
            Err(e) => println!("ERR {}", e.to_string().replace('\n', " ## ")),
        }
    }
}
