//! The short forms in which the machine's loop is written: one macro per shape of instruction.
//!
//! Each one either finishes the instruction and goes on with the next, or falls through because an
//! operand has an unusual type.

/// Sets a register.
macro_rules! set {
    ($r:ident[$a:ident] = $x:ident[$b:ident]) => {
        set!($r[$a] = ($x[$b as usize]))
    };
    ($r:ident[$a:ident] = ($value:expr)) => {{
        $r[$a as usize] = $value;
        continue;
    }};
}

/// Sets a register to what a fast path of the heap finds.
macro_rules! find {
    ($r:ident[$a:ident] = $vm:ident.$path:ident($x:ident[$b:ident] $(, $y:ident[$c:ident])?)) => {
        if let Some(value) = $vm.heap.$path($x[$b as usize] $(, $y[$c as usize])?) {
            $r[$a as usize] = value;
            continue;
        }
    };
    ($r:ident[$a:ident] = $vm:ident.$path:ident($x:ident[$b:ident], $n:ident)) => {
        if let Some(value) = $vm.heap.$path($x[$b as usize], $n) {
            $r[$a as usize] = value;
            continue;
        }
    };
}

/// Changes what a fast path of the heap reaches.
macro_rules! change {
    ($vm:ident.$path:ident($x:ident[$a:ident], $y:ident[$b:ident] $(, $z:ident[$c:ident])?)) => {
        if $vm.heap.$path($x[$a as usize], $y[$b as usize] $(, $z[$c as usize])?) {
            continue;
        }
    };
    ($vm:ident.$path:ident($x:ident, $y:ident, $z:ident[$c:ident])) => {
        if $vm.heap.$path($x, $y, $z[$c as usize]) {
            continue;
        }
    };
}

/// Computes with two numbers.
macro_rules! math {
    ($r:ident[$a:ident] = $x:ident[$b:ident] % $y:ident[$c:ident]) => {
        if let (Value::Num(x), Value::Num(y)) = ($x[$b as usize], $y[$c as usize]) {
            $r[$a as usize] = Value::Num(modulo(x, y));
            continue;
        }
    };
    ($r:ident[$a:ident] = $x:ident[$b:ident] $op:tt $y:ident[$c:ident]) => {
        if let (Value::Num(x), Value::Num(y)) = ($x[$b as usize], $y[$c as usize]) {
            $r[$a as usize] = Value::Num(x $op y);
            continue;
        }
    };
}

/// Jumps. Going back is what makes a script long, so it is what counts, by the distance.
macro_rules! jump {
    ($vm:ident, $host:ident, $pc:ident, $to:ident) => {{
        let to = $to as usize;
        if to < $pc {
            $vm.budget -= ($pc - to) as i64;
            if $vm.budget < 0 {
                $vm.pc = $pc;
                $vm.ask_host($host)?;
            }
        }
        $pc = to;
        continue;
    }};
}

/// Jumps if a condition holds.
macro_rules! jump_if {
    ($vm:ident, $host:ident, $pc:ident, $to:ident, $condition:expr) => {{
        if $condition {
            jump!($vm, $host, $pc, $to);
        }
        continue;
    }};
}

/// Jumps if two numbers compare as wanted.
macro_rules! cmp {
    ($vm:ident, $host:ident, $pc:ident, $to:ident, $want:ident,
     $x:ident[$a:ident] $op:tt $y:ident[$b:ident]) => {
        if let (Value::Num(x), Value::Num(y)) = ($x[$a as usize], $y[$b as usize]) {
            jump_if!($vm, $host, $pc, $to, (x $op y) == $want);
        }
    };
}
