// RAM of the management processor, written by bytes. Zeros when the device is configured, or with an image in it from its first clock on.
//
// In, out: as pcl_ram_1r1w; a row is a word.
// FIRMWARE: file of the image, a word of hex digits a line, from address 0 on ($readmemh; firmware/CMakeLists.txt makes one). Synthesis reads it where it runs,
// a simulation when it begins; either looks from its working directory, unless the path is absolute.
module pcl_management_memory
  import pcl_management_pkg::*;
#(
  parameter               FIRMWARE = "",
  localparam int unsigned Words = MemoryBytes / 4,
  localparam int unsigned WordBits = $clog2(Words)
) (
  input  logic                clk_i,
  input  logic [3:0]          write_i,
  input  logic [WordBits-1:0] write_row_i,
  input  logic [31:0]         write_data_i,
  input  logic                read_i,
  input  logic [WordBits-1:0] read_row_i,
  output logic [31:0]         read_data_o
);

  if (FIRMWARE == "") begin : gen_empty
    pcl_ram_1r1w #(.WIDTH(32), .DEPTH(Words), .COLUMNS(4)) u_ram (
      .clk_i, .write_i, .write_row_i, .write_data_i, .read_i, .read_row_i, .read_data_o
    );
  end else begin : gen_preloaded
    logic [31:0]         words [Words];
    logic                read_q;
    logic [WordBits-1:0] row_q;

    initial $readmemh(FIRMWARE, words);

    always_ff @(posedge clk_i) begin
      for (int c = 0; c < 4; c++) begin
        if (write_i[c]) words[write_row_i][8*c +: 8] <= write_data_i[8*c +: 8];
      end
    end

    always_ff @(posedge clk_i) begin
      read_q <= read_i;
      row_q  <= read_row_i;
      if (read_q) read_data_o <= words[row_q];
    end
  end

endmodule
