pub fn print(_mutants: usize) {}
