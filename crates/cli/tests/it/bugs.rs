//! A panic is a bug: it ends the program as one, and tells nothing of the data.
use crate::shop::Shop;

/// Points in a task, and in threads that give a panic back to their task as an error.
const POINTS: [&str; 3] = ["run::model::made", "lake::stage::write", "lake::store::before_sync"];

#[test]
fn a_bug_tells_its_place_and_not_its_message() {
    for point in POINTS {
        let shop = Shop::new();
        let failing = shop.ade.env("FAILPOINTS", &format!("{point}=panic(4111-1111)"));
        let ended = failing.run(&["build"]).exits(101);
        let told = ended.complaints();
        assert!(told.contains("ade has a bug: thread `") && told.contains(" panicked at "), "{}", ended.all());
        assert!(told.contains("ADE_DEBUG=1"), "{told}");
        assert!(!told.contains("4111-1111"), "{told}");
        let asked = failing.env("ADE_DEBUG", "1").run(&["build"]).exits(101);
        assert!(asked.complaints().contains("4111-1111"), "{}", asked.all());
        shop.ade.run(&["build"]).succeeds();
        shop.assert_complete();
    }
}
