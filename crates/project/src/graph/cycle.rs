//! Circles of dependencies.

/// One circle for each group of nodes that all depend on each other (strongly connected component): the shortest one
/// through the group's first node, in the direction from what is read to what reads it, without repeating the first.
///
/// `children[n]` are the nodes that depend on node `n`, in ascending order.
pub(super) fn find(children: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let group = components(children);
    let mut size = vec![0_usize; children.len()];
    for first in &group {
        size[*first] += 1;
    }
    let is_circle = |node: &usize| group[*node] == *node && (size[*node] > 1 || children[*node].contains(node));
    (0..children.len()).filter(is_circle).filter_map(|first| shortest_through(first, children, &group)).collect()
}

/// Shortest path from `start` back to itself inside its group, by breadth.
fn shortest_through(start: usize, children: &[Vec<usize>], group: &[usize]) -> Option<Vec<usize>> {
    let mut came_from = vec![usize::MAX; children.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &child in children[node].iter().filter(|child| group[**child] == group[start]) {
            if child == start {
                let mut path = vec![node];
                while path[path.len() - 1] != start {
                    path.push(came_from[path[path.len() - 1]]);
                }
                path.reverse();
                return Some(path);
            }
            if came_from[child] == usize::MAX {
                came_from[child] = node;
                queue.push_back(child);
            }
        }
    }
    None
}

/// Tarjan's strongly connected components, without recursion. Gives each node the smallest node of its group.
fn components(children: &[Vec<usize>]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let count = children.len();
    let (mut order, mut low, mut group) = (vec![NEW; count], vec![0; count], vec![NEW; count]);
    let (mut stack, mut next) = (Vec::new(), 0);
    for root in 0..count {
        if order[root] != NEW {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                (order[node], low[node]) = (next, next);
                next += 1;
                stack.push(node);
            }
            if let Some(&child) = children[node].get(edge) {
                work.push((node, edge + 1));
                if order[child] == NEW {
                    work.push((child, 0));
                } else if group[child] == NEW {
                    low[node] = low[node].min(order[child]);
                }
                continue;
            }
            if low[node] == order[node] {
                let from = stack.iter().rposition(|member| *member == node).unwrap_or(0);
                let members = stack.split_off(from);
                let first = members.iter().copied().min().unwrap_or(node);
                for member in members {
                    group[member] = first;
                }
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    group
}
