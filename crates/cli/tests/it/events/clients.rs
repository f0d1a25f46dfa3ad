//! The official clients of Segment, pointed at the collector: every call is found in the lake.
use std::path::PathBuf;
use std::process::Command;

use super::{KEY, Shop};

const NODE: &str = r"
const { Analytics } = require('@segment/analytics-node');
const analytics = new Analytics({ writeKey: process.argv[1], host: process.argv[2], flushAt: 7, maxRetries: 2 });
analytics.on('error', (error) => { console.error(error); process.exitCode = 1; });
for (let i = 0; i < 20; i++) {
  analytics.track({ userId: 'u' + i, event: 'Order Completed', properties: { orderId: i, total: i + 0.5 } });
}
analytics.identify({ userId: 'u1', traits: { email: 'someone@example.com', plan: 'pro' } });
analytics.page({ userId: 'u1', name: 'Home', properties: { title: 'Welcome' } });
analytics.screen({ userId: 'u1', name: 'Start' });
analytics.group({ userId: 'u1', groupId: 'g1', traits: { name: 'Initech' } });
analytics.alias({ userId: 'u1', previousId: 'a1' });
analytics.closeAndFlush({ timeout: 30000 });
";

const PYTHON: &str = r"
import sys
import segment.analytics as analytics
analytics.write_key, analytics.host, analytics.gzip = sys.argv[1], sys.argv[2], True
failed = []
analytics.on_error = lambda error, items: failed.append(error)
for i in range(20):
    analytics.track('u%d' % i, 'Order Completed', {'orderId': i, 'total': i + 0.5})
analytics.identify('u1', {'email': 'someone@example.com', 'plan': 'pro'})
analytics.page('u1', 'shop', 'Home', {'title': 'Welcome'})
analytics.screen('u1', 'app', 'Start')
analytics.group('u1', 'g1', {'name': 'Initech'})
analytics.alias('a1', 'u1')
analytics.shutdown()
sys.exit(str(failed[0]) if failed else 0)
";

/// Where `scripts/install-tools test` puts clients.
fn tool(path: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "tools are in the user's cache")]
    let home = std::env::var_os("HOME").unwrap();
    let tool = PathBuf::from(home).join(".cache/ade/tools").join(path);
    assert!(tool.exists(), "{} is missing: run `scripts/install-tools test`", tool.display());
    tool
}

#[test]
fn the_client_for_node_is_heard() {
    let mut command = Command::new("node");
    command.env("NODE_PATH", tool("segment-node/node_modules")).args(["-e", NODE]);
    every_call_lands(command);
}

#[test]
fn the_client_for_python_is_heard() {
    let mut command = Command::new(tool("segment-python/bin/python"));
    command.args(["-c", PYTHON]);
    every_call_lands(command);
}

fn every_call_lands(mut client: Command) {
    let shop = Shop::new();
    let collector = shop.serve(&["--land-every", "1"]);
    let output = client.arg(KEY).arg(format!("http://{}", collector.address)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    collector.wait_until_landed();
    collector.end();
    assert_eq!(shop.counts(), [25, 25, 0, 0, 0], "{said}");
    let orders =
        "select count(*), count(distinct order_id), sum(total), count(distinct user_id) from web.order_completed";
    assert_eq!(shop.rows(orders), ["20,20,200,20"]);
    let kinds = "select type, count(*) from web.all_events group by 1 order by 1";
    assert_eq!(shop.rows(kinds), ["alias,1", "group,1", "identify,1", "page,1", "screen,1", "track,20"]);
    assert_eq!(shop.rows("select plan, email is not null from web.users"), ["pro,true"]);
    assert_eq!(shop.rows("select name, title from web.pages"), ["Home,Welcome"]);
    assert_eq!(shop.rows("select group_id, name from web.groups"), ["g1,Initech"]);
    assert_eq!(
        shop.rows("select count(*) from web.all_events where sent_at is not null and timestamp <= received_at"),
        ["25"]
    );
    let library =
        "select count(distinct context_library_name) from web.all_events where context_library_name is not null";
    assert_eq!(shop.rows(library), ["1"]);
}
