// What only a formal tool can give. Black boxes for read_slang, which prove.py then turns into the Yosys cells $anyconst and $anyseq.

// A constant that may be anything: what is proved holds for each of its values.
(* blackbox *)
module formal_constant #(
  parameter WIDTH = 1
) (
  output logic [WIDTH-1:0] Y
);
endmodule

// Something else in every clock.
(* blackbox *)
module formal_input #(
  parameter WIDTH = 1
) (
  output logic [WIDTH-1:0] Y
);
endmodule
