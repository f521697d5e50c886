//! Values under small numbers, which are given out again once they are free.

/// Values under numbers.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    pub(super) fn reserve(&mut self, items: usize) {
        self.items.reserve(items.saturating_sub(self.free.len()));
    }

    pub(super) fn add(&mut self, item: T) -> u32 {
        if let Some(id) = self.free.pop() {
            if let Some(place) = self.items.get_mut(index(id)) {
                *place = Some(item);
            }
            return id;
        }
        // Memory is at its end long before numbers are.
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(Some(item));
        id
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        let item = self.items.get_mut(index(id))?.take()?;
        self.free.push(id);
        Some(item)
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.items.get(index(id))?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.items.get_mut(index(id))?.as_mut()
    }
}

fn index(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}
