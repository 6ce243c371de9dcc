//! The dependency graph: what must be computed before what, and the circles that make that impossible.

/// A graph over `0..len`; `edges[a]` are the things that `a` needs.
pub(crate) struct Graph {
    pub needs: Vec<Vec<usize>>,
}

impl Graph {
    pub fn new(len: usize) -> Self {
        Self {
            needs: vec![Vec::new(); len],
        }
    }

    /// An order in which everything comes after what it needs, keeping the given order where there is a choice;
    /// and the circles, each as its members in order of need. Members of circles, and what needs them, are left out.
    pub fn sort(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut walk = Walk {
            graph: self,
            state: vec![State::New; self.needs.len()],
            path: Vec::new(),
            order: Vec::new(),
            circles: Vec::new(),
        };
        for node in 0..self.needs.len() {
            walk.visit(node);
        }
        (walk.order, walk.circles)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    OnPath,
    Done,
    Lost,
}

struct Walk<'a> {
    graph: &'a Graph,
    state: Vec<State>,
    path: Vec<usize>,
    order: Vec<usize>,
    circles: Vec<Vec<usize>>,
}

impl Walk<'_> {
    /// Returns whether the node can be computed.
    fn visit(&mut self, node: usize) -> bool {
        match self.state[node] {
            State::Done => return true,
            State::Lost => return false,
            State::OnPath => {
                let start = self.path.iter().position(|on| *on == node).unwrap_or(0);
                self.circles.push(self.path[start..].to_vec());
                return false;
            }
            State::New => {}
        }
        self.state[node] = State::OnPath;
        self.path.push(node);
        let mut good = true;
        for need in &self.graph.needs[node] {
            good &= self.visit(*need);
        }
        self.path.pop();
        self.state[node] = if good { State::Done } else { State::Lost };
        if good {
            self.order.push(node);
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_circles() {
        let check = |needs: &[&[usize]], order: &[usize], circles: &[&[usize]]| {
            let graph = Graph {
                needs: needs.iter().map(|list| list.to_vec()).collect(),
            };
            let (found, found_circles) = graph.sort();
            assert_eq!(found, order);
            assert_eq!(found_circles, circles);
        };
        check(&[&[], &[], &[]], &[0, 1, 2], &[]);
        check(&[&[2], &[0], &[]], &[2, 0, 1], &[]);
        check(&[&[1], &[0], &[]], &[2], &[&[0, 1]]);
        check(&[&[0], &[0], &[]], &[2], &[&[0]]);
        check(&[&[1], &[2], &[1], &[]], &[3], &[&[1, 2]]);
    }
}
