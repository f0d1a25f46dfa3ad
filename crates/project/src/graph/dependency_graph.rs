//! The graph itself.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};

use super::{Node, cycle};
use crate::NodeId;

/// All nodes of a project and their edges.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Ascending by id.
    nodes: Vec<Node>,
    index: HashMap<NodeId, usize>,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
}

impl Graph {
    /// Builds the graph. Dependencies on ids that are not among the nodes make no edge (whoever resolved the reference
    /// reports them); of two nodes with the same id the first stays.
    pub fn new(mut nodes: Vec<Node>) -> Self {
        nodes.sort_by(|left, right| left.id.cmp(&right.id));
        nodes.dedup_by(|later, earlier| later.id == earlier.id);
        let index: HashMap<NodeId, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
        let mut children = vec![Vec::new(); nodes.len()];
        let mut parents = Vec::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            let of_node: Vec<usize> = node.depends_on.iter().filter_map(|id| index.get(id).copied()).collect();
            for parent in &of_node {
                children[*parent].push(at);
            }
            parents.push(of_node);
        }
        Self { nodes, index, parents, children }
    }

    /// All nodes, ascending by id.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.nodes.iter()
    }

    /// The node of an id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.index.get(id).map(|at| &self.nodes[*at])
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What a node reads directly, ascending by id; none for an unknown id.
    pub fn parents(&self, id: &str) -> impl Iterator<Item = &Node> {
        self.neighbours(&self.parents, id)
    }

    /// What reads a node directly, ascending by id; none for an unknown id.
    pub fn children(&self, id: &str) -> impl Iterator<Item = &Node> {
        self.neighbours(&self.children, id)
    }

    /// Everything that a node reads directly or through others, at most `depth` edges away, without the node itself.
    pub fn ancestors(&self, id: &str, depth: Option<usize>) -> BTreeSet<NodeId> {
        self.reach(&self.parents, id, depth)
    }

    /// Everything that reads a node directly or through others, at most `depth` edges away, without the node itself.
    pub fn descendants(&self, id: &str, depth: Option<usize>) -> BTreeSet<NodeId> {
        self.reach(&self.children, id, depth)
    }

    /// The nodes such that each comes after all that it reads; among those that are free at the same moment the smallest
    /// id first. Nodes on a circle, and what depends on them, are not in it: see [`Graph::cycles`].
    pub fn topological_order(&self) -> Vec<&Node> {
        let mut waiting: Vec<usize> = self.parents.iter().map(Vec::len).collect();
        let free = waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| Reverse(at));
        let mut free: BinaryHeap<Reverse<usize>> = free.collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(Reverse(at)) = free.pop() {
            order.push(&self.nodes[at]);
            for child in &self.children[at] {
                waiting[*child] -= 1;
                if waiting[*child] == 0 {
                    free.push(Reverse(*child));
                }
            }
        }
        order
    }

    /// One circle for each group of nodes that depend on each other: the shortest through the group's first id. Each node
    /// is read by the next, and the last by the first.
    pub fn cycles(&self) -> Vec<Vec<&Node>> {
        let circles = cycle::find(&self.children);
        circles.into_iter().map(|circle| circle.into_iter().map(|at| &self.nodes[at]).collect()).collect()
    }

    fn neighbours<'a>(&'a self, edges: &'a [Vec<usize>], id: &str) -> impl Iterator<Item = &'a Node> {
        let at = self.index.get(id).copied();
        at.into_iter().flat_map(|at| &edges[at]).map(|at| &self.nodes[*at])
    }

    fn reach(&self, edges: &[Vec<usize>], id: &str, depth: Option<usize>) -> BTreeSet<NodeId> {
        let Some(&start) = self.index.get(id) else { return BTreeSet::new() };
        let mut seen = vec![false; self.nodes.len()];
        seen[start] = true;
        let mut queue = VecDeque::from([(start, 0)]);
        let mut found = BTreeSet::new();
        while let Some((at, distance)) = queue.pop_front() {
            if depth.is_some_and(|depth| distance >= depth) {
                continue;
            }
            for &next in &edges[at] {
                if !std::mem::replace(&mut seen[next], true) {
                    found.insert(self.nodes[next].id.clone());
                    queue.push_back((next, distance + 1));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeKind;

    /// `"a b"`: node b reads a.
    fn graph(edges: &[&str]) -> Graph {
        let mut nodes: std::collections::BTreeMap<&str, Node> = std::collections::BTreeMap::new();
        for edge in edges {
            let mut names = edge.split(' ');
            let from = names.next().unwrap();
            nodes.entry(from).or_insert_with(|| Node::new(NodeKind::Model, "p", from));
            if let Some(to) = names.next() {
                let node = nodes.entry(to).or_insert_with(|| Node::new(NodeKind::Model, "p", to));
                node.depends_on.insert(NodeId::new(NodeKind::Model, &["p", from]));
            }
        }
        Graph::new(nodes.into_values().collect())
    }

    fn names<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> String {
        nodes.into_iter().map(|node| node.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn ids(found: &BTreeSet<NodeId>) -> String {
        found.iter().map(|id| id.as_str().trim_start_matches("model.p.")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn orders_by_dependency_then_id() {
        let graph = graph(&["z a", "z b", "a c", "b c", "m"]);
        assert_eq!(names(graph.topological_order()), "m z a b c");
        assert_eq!(names(graph.parents("model.p.c")), "a b");
        assert_eq!(names(graph.children("model.p.z")), "a b");
        assert_eq!(names(graph.children("model.p.nowhere")), "");
    }

    #[test]
    fn reaches_as_far_as_asked() {
        let graph = graph(&["a b", "b c", "c d", "a d"]);
        assert_eq!(ids(&graph.ancestors("model.p.d", None)), "a b c");
        assert_eq!(ids(&graph.ancestors("model.p.d", Some(1))), "a c");
        assert_eq!(ids(&graph.descendants("model.p.a", Some(2))), "b c d");
        assert_eq!(ids(&graph.descendants("model.p.a", Some(0))), "");
    }

    #[test]
    fn names_each_circle_once_by_its_shortest_path() {
        let graph = graph(&["a b", "b c", "c d", "d a", "b a", "x x", "y z"]);
        let circles: Vec<String> = graph.cycles().into_iter().map(names).collect();
        assert_eq!(circles, ["a b", "x"]);
        assert_eq!(names(graph.topological_order()), "y z");
        assert_eq!(ids(&graph.ancestors("model.p.a", None)), "b c d");
    }

    #[test]
    fn the_order_does_not_depend_on_how_nodes_come_in() {
        let graph = graph(&["a b", "b c", "a d", "d c", "e"]);
        let mut nodes: Vec<Node> = graph.nodes().cloned().collect();
        nodes.reverse();
        assert_eq!(names(Graph::new(nodes).topological_order()), names(graph.topological_order()));
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let edges: Vec<String> = (0..50_000).map(|at| format!("n{at:05} n{:05}", at + 1)).collect();
        let graph = graph(&edges.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(graph.cycles().is_empty());
        assert_eq!(graph.topological_order().len(), 50_001);
    }

    proptest::proptest! {
        /// Any edges: the order respects them, and leaves out just what is on a circle or downstream of one.
        #[test]
        fn order_and_circles_share_the_nodes(edges in proptest::collection::vec((0..12_usize, 0..12_usize), 0..30)) {
            let text: Vec<String> = edges.iter().map(|(from, to)| format!("n{from:02} n{to:02}")).collect();
            let graph = graph(&text.iter().map(String::as_str).collect::<Vec<_>>());
            let order: Vec<&NodeId> = graph.topological_order().into_iter().map(|node| &node.id).collect();
            for (at, id) in order.iter().enumerate() {
                for parent in graph.parents(id.as_str()) {
                    proptest::prop_assert!(order[..at].contains(&&parent.id));
                }
            }
            let mut stuck = BTreeSet::new();
            for circle in graph.cycles() {
                for (at, node) in circle.iter().enumerate() {
                    let next = circle[(at + 1) % circle.len()];
                    proptest::prop_assert!(graph.children(node.id.as_str()).any(|child| child.id == next.id));
                    stuck.insert(node.id.clone());
                    stuck.extend(graph.descendants(node.id.as_str(), None));
                }
            }
            for node in graph.nodes() {
                proptest::prop_assert_eq!(order.contains(&&node.id), !stuck.contains(&node.id));
            }
        }
    }
}
