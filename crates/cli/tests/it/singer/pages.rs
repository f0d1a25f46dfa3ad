//! The pages of the six apps are true as far as that shows without the internet: their settings are those of the program and of
//! the very release of the tap that they name, and their commands run until the tap asks its API.
use std::os::unix::fs::symlink;

use ade_testing::{Folder, Program};

use super::recorded::tap;
use crate::handbook::root;
use crate::program::program;

/// A page, carried out in a folder of its own.
struct AppPage {
    text: String,
    folder: Folder,
    ade: Program,
}

impl AppPage {
    /// `app`: the page's name; `package`: the tap that it installs, as `taps/NAME`.
    fn open(app: &str, package: &str) -> Self {
        let file = root().join(format!("docs/guide/singer-{app}.md"));
        let text = std::fs::read_to_string(file).unwrap();
        let folder = Folder::new();
        // Whatever a tap wants from the internet, it does not get.
        let nowhere = "http://127.0.0.1:9";
        let ade = program(&folder)
            .env("HTTPS_PROXY", nowhere)
            .env("HTTP_PROXY", nowhere)
            .env("https_proxy", nowhere)
            .env("http_proxy", nowhere);
        let page = Self { text, folder, ade };
        let [begin, install] = page.commands("ade init .")[..] else { panic!("two lines: {}", page.text) };
        page.ade.run(&["init", "."]).succeeds();
        assert_eq!(begin, "ade init .");
        let (venv, installed) = install.split_once(" && ").unwrap();
        let home = venv.strip_prefix("python3 -m venv ").unwrap();
        let pinned = installed.strip_prefix(&format!("{home}/bin/pip install ")).unwrap();
        let script = std::fs::read_to_string(root().join("scripts/install-tools")).unwrap();
        assert!(
            pinned.starts_with(&format!("{package}==")) && script.contains(pinned),
            "{pinned} is not what is tested"
        );
        let program = tap(package, package);
        page.folder.write("taps/README", "");
        symlink(program.parent().unwrap().parent().unwrap(), page.folder.at(home)).unwrap();
        let without = page.folder.read("ade.yml").split("connections:").next().unwrap().to_owned();
        page.folder.write("ade.yml", format!("{without}\n{}", page.block("yaml", "connections:")));
        page
    }

    /// The block of a language that begins so, without the indentation of the list that it stands in.
    fn block(&self, language: &str, begins: &str) -> String {
        let fence = format!("   ```{language}\n   {begins}");
        let start = self.text.find(&fence).unwrap_or_else(|| panic!("no block of {language} begins with {begins}"));
        let block = &self.text[start + fence.len() - begins.len()..];
        let block = &block[..block.find("   ```").unwrap()];
        let lines: Vec<&str> = block.lines().map(|line| line.strip_prefix("   ").unwrap_or(line)).collect();
        lines.join("\n") + "\n"
    }

    /// The lines of a block of commands.
    fn commands(&self, begins: &str) -> Vec<&str> {
        let start = self.text.find(begins).unwrap();
        self.text[start..].lines().map(str::trim).take_while(|line| *line != "```").collect()
    }

    /// The arguments of `ade` in the command that drafts.
    fn drafting(&self) -> Vec<&str> {
        let [line] = self.commands("ade inspect")[..] else { panic!("one line: {}", self.text) };
        line.split(' ').skip(1).collect()
    }
}

/// The secrets that pages take from the environment.
const SECRETS: [&str; 7] = [
    "SF_CLIENT_SECRET",
    "SF_REFRESH_TOKEN",
    "GA_CLIENT_SECRET",
    "GA_REFRESH_TOKEN",
    "MIXPANEL_SECRET",
    "ZENDESK_TOKEN",
    "GITHUB_TOKEN",
];

/// Carries a page out up to where its tap asks its API, which is not there: the tap must have taken its settings by then.
fn reaches_the_api(app: &str, package: &str) {
    let page = AppPage::open(app, package);
    let mut ade = page.ade.env("STRIPE_KEY", "example-secret");
    for secret in SECRETS {
        ade = ade.env(secret, "example-secret");
    }
    ade.run(&["check"]).succeeds();
    let said = ade.run(&page.drafting()).exits(1).all();
    let network = [
        "ProxyError",
        "APIConnectionError",
        "Max retries exceeded",
        "failed to connect to all addresses",
        "Connection refused",
    ];
    assert!(network.iter().any(|words| said.contains(words)), "{app}: {said}");
    assert!(!said.contains("example-secret"), "{app}: {said}");
}

macro_rules! pages {
    ($($name:ident $app:literal $package:literal)*) => {
        $(#[test] fn $name() { reaches_the_api($app, $package); })*
    };
}

pages! {
    salesforce "salesforce" "tap-salesforce"
    google_analytics "google-analytics" "tap-ga4"
    mixpanel "mixpanel" "tap-mixpanel"
    stripe "stripe" "tap-stripe"
    zendesk "zendesk" "tap-zendesk"
    github "github" "tap-github"
}
