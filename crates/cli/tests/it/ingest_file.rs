//! `ade ingest FILE --into TABLE`: the file that somebody mails around.
use ade_testing::{Folder, Program};

use crate::program::program;

const PROJECT: &str = "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n";
const FILE: &str = "id;email;status;note\n1;ada@example.com;grün;x\n2;alan@example.com;größer;y\n";

/// A project, and a folder beside it with the file as an old program wrote it.
fn mailed() -> (Folder, Folder, Program, String) {
    let folder = Folder::with(&[("ade.yml", PROJECT)]);
    let mail = Folder::with(&[]);
    let latin: Vec<u8> = FILE.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    std::fs::write(mail.at("Kunden 2026.csv"), latin).unwrap();
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let file = mail.at("Kunden 2026.csv").display().to_string();
    (folder, mail, ade, file)
}

#[test]
fn nothing_is_written_or_landed_before_every_class_is_decided() {
    let (folder, _mail, ade, file) = mailed();
    // Nobody has said in which encoding it is: it is guessed, and told.
    let told = ade.run(&["ingest", &file, "--into", "crm.customers"]).exits(1).all();
    assert!(
        told.contains("it is not UTF-8, and seems to be windows-1252") && told.contains("encoding: windows-1252"),
        "{told}"
    );
    let wrong = ["ingest", &file, "--into", "crm.customers", "--with", "encoding=utf-8"];
    let told = ade.run(&wrong).exits(2).all();
    assert!(told.contains("these bytes are not UTF-8") && told.contains("`--with NAME=VALUE`"), "{told}");

    let latin = ["ingest", &file, "--into", "crm.customers", "--with", "encoding=windows-1252"];
    for more in [&[][..], &["--accept"]] {
        let told = ade.run(&[&latin, more].concat()).exits(1).all();
        for words in [
            "2 rows",
            "id      bigint   identifier",
            "email   varchar  email",
            "encoding: windows-1252",
            "delimiter: \";\"",
            "mode: incremental",
            "nothing is written yet, and nothing has landed",
            "decide: --class status=CLASS",
        ] {
            assert!(told.contains(words), "{words} in {told}");
        }
        assert!(!told.contains("ada@") && !told.contains("grün"), "{told}");
        assert_eq!(std::fs::read_to_string(folder.at("ade.yml")).unwrap(), PROJECT);
        assert!(!folder.at("sources").exists() || std::fs::read_dir(folder.at("sources")).unwrap().next().is_none());
    }
}

#[test]
fn a_file_is_remembered_and_its_next_version_takes_its_place() {
    let (folder, mail, ade, file) = mailed();
    let into = ["ingest", &file, "--into", "crm.customers"];
    let decided =
        ["--with", "encoding=windows-1252", "--class", "status=public", "--class", "note=free_text", "--accept"];
    ade.run(&[&into[..], &decided].concat()).succeeds();
    assert_eq!(ade.rows("select id, status from crm.customers order by id"), ["1,grün", "2,größer"]);
    let emails = ade.rows("select email from crm.customers");
    assert!(emails.iter().all(|email| !email.contains('@')), "{emails:?}");
    let declared = std::fs::read_to_string(folder.at("sources/crm.customers.yml")).unwrap();
    assert!(declared.contains("privacy: free_text\n") && declared.contains("privacy: email # proposed"), "{declared}");
    assert!(!declared.contains("2 rows"), "tomorrow's file has others: {declared}");
    assert!(!declared.contains("ada@"), "{declared}");
    let project = std::fs::read_to_string(folder.at("ade.yml")).unwrap();
    // Beside the project, and named as it is seen from there.
    assert!(project.starts_with(PROJECT) && project.contains("{type: files, path: \"../"), "{project}");
    // Of the file there is no copy.
    assert!(!folder.at("Kunden 2026.csv").exists());

    // The same again has nothing new; another version replaces what the first brought.
    ade.run(&into).succeeds();
    assert_eq!(ade.rows("select count(*) from crm.customers"), ["2"]);
    std::fs::write(
        mail.at("Kunden 2026.csv"),
        b"id;email;status;note\n2;alan@example.com;s\xfc\xdf;z\n3;a@b.org;rot;w\n",
    )
    .unwrap();
    ade.run(&into).succeeds();
    assert_eq!(ade.rows("select id, status from crm.customers order by id"), ["2,süß", "3,rot"]);
    // And it is a table like every other one.
    ade.run(&["build"]).succeeds();

    let told = ade.run(&[&into[..], &["--class", "status=public"]].concat()).exits(2).all();
    assert!(told.contains("is not drafted any more"), "{told}");
    std::fs::write(mail.at("other.csv"), "id\n1\n").unwrap();
    let other = mail.at("other.csv").display().to_string();
    let told = ade.run(&["ingest", &other, "--into", "crm.customers"]).exits(2).all();
    assert!(told.contains("is declared in sources/crm.customers.yml and reads `Kunden 2026.csv`"), "{told}");

    // A second file of the folder needs no second connection.
    ade.run(&["ingest", &other, "--into", "crm.others", "--accept"]).succeeds();
    assert_eq!(std::fs::read_to_string(folder.at("ade.yml")).unwrap(), project);
    assert_eq!(ade.rows("select count(*) from crm.others"), ["1"]);
}

#[test]
fn what_the_project_does_not_want_is_taken_back() {
    let (folder, _mail, ade, file) = mailed();
    let told = ade
        .run(&[
            "ingest",
            &file,
            "--into",
            "crm.customers",
            "--with",
            "encoding=windows-1252",
            "--class",
            "status=publc",
            "--class",
            "note=free_text",
            "--accept",
        ])
        .exits(2)
        .all();
    assert!(
        told.contains("--class status=publc: there is no such class") && told.contains("did you mean `public`?"),
        "{told}"
    );
    assert!(!told.contains("crm.customers.yml"), "there is no such file yet: {told}");
    assert_eq!(std::fs::read_to_string(folder.at("ade.yml")).unwrap(), PROJECT);
    assert!(!folder.at("sources/crm.customers.yml").exists());
}

#[test]
fn a_raw_file_of_the_project_stays_out_of_its_repository() {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("inbox/a.csv", "id\n1\n"),
        ("b.csv", "id\n1\n"),
        ("seeds/c.csv", "id\n1\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let ignored = || std::fs::read_to_string(folder.at(".gitignore")).unwrap();
    let before = ignored();
    let told = ade.run(&["ingest", "inbox/a.csv", "--into", "sent.a"]).exits(1).all();
    assert!(told.contains("\n/inbox/\n") && told.contains("stays out of the repository"), "{told}");
    assert_eq!(ignored(), before, "nothing is written yet");
    for (file, table, line) in
        [("inbox/a.csv", "sent.a", "/inbox/"), ("b.csv", "sent.b", "/b.csv"), ("seeds/c.csv", "sent.c", "/seeds/c.csv")]
    {
        let told = ade.run(&["ingest", file, "--into", table, "--accept"]).succeeds().all();
        assert!(told.contains(&format!("; added to .gitignore: {line}")), "{told}");
        assert!(ignored().lines().any(|known| known == line), "{}", ignored());
    }
    let project = std::fs::read_to_string(folder.at("ade.yml")).unwrap();
    assert!(project.contains("inbox: {type: files, path: \"inbox\"}"), "{project}");
    assert!(!project.contains(&folder.path().display().to_string()), "no path of this machine: {project}");
    std::fs::write(folder.at("inbox/d.csv"), "id\n1\n").unwrap();
    let told = ade.run(&["ingest", "inbox/d.csv", "--into", "sent.d", "--accept"]).succeeds().all();
    assert!(!told.contains(".gitignore"), "it is kept out already: {told}");
}

#[test]
fn a_connection_around_the_project_is_not_taken_for_its_files() {
    let around = Folder::with(&[("shop/ade.yml", PROJECT), ("shop/in/new.csv", "id\n1\n"), ("old.csv", "id\n1\n")]);
    let ade = program(&around).within(&around.at("shop"));
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest", "../old.csv", "--into", "sent.old", "--accept"]).succeeds();
    ade.run(&["ingest", "in/new.csv", "--into", "sent.new", "--accept"]).succeeds();
    let project = std::fs::read_to_string(around.at("shop/ade.yml")).unwrap();
    assert!(project.contains("path: \"..\"") && project.contains("in: {type: files, path: \"in\"}"), "{project}");
    let declared = std::fs::read_to_string(around.at("shop/sources/sent.new.yml")).unwrap();
    assert!(declared.contains("from: new.csv"), "{declared}");
}

#[test]
fn drafted_names_need_no_quotes() {
    let folder =
        Folder::with(&[("ade.yml", PROJECT), ("Signups (2).csv", "signupId,E-Mail,Plan\n1,ada@example.com,pro\n")]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["ingest", "Signups (2).csv", "--into", "crm.Signups (2)"]).exits(2).all();
    assert!(told.contains("such as `crm.signups_2`"), "{told}");
    // A class is for the column under either name.
    let file = ["ingest", "Signups (2).csv", "--into", "crm.signups_2"];
    let classes = ["--class", "plan=public", "--class", "signupId=identifier", "--class", "E-Mail=email", "--accept"];
    ade.run(&[&file[..], &classes].concat()).succeeds();
    assert_eq!(ade.rows("select signup_id, plan from crm.signups_2 where e_mail is not null"), ["1,pro"]);
}

#[test]
fn what_is_no_file_or_table_is_told() {
    let (folder, _mail, ade, file) = mailed();
    for (args, words) in [
        (vec!["ingest", &file], "--into"),
        (vec!["ingest", &file, "--into", "customers"], "write `SCHEMA.TABLE` in lower case"),
        (vec!["ingest", "none.csv", "--into", "a.b"], "none.csv"),
        (vec!["ingest", ".", "--into", "a.b"], ". is no file"),
        (
            vec!["ingest", &file, "--into", "a.b", "--with", "encoding=windows-1252", "--class", "statu=public"],
            "did you mean `status`?",
        ),
        (vec!["ingest", &file, "--into", "a.b", "--with", "encodin=x"], "unknown setting `encodin`"),
    ] {
        let told = ade.run(&args).exits(2).all();
        assert!(told.contains(words), "{words} in {told}");
    }
    drop(folder);
}
