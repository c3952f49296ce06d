// Read channels of the AXI4 master: several readers share them, each with an ID of its own.
//
// In: per reader a burst, aligned to beats and within 4 KiB. Out: the beats, to the reader whose ID they carry; a reader's bursts come in the order asked for
// (AXI4 keeps the order within an ID). read_error_o: the memory answered with SLVERR or DECERR. Lower numbers go first.
// Guaranteed: ARVALID and its payload hold until taken.
`include "pcl_assert.svh"

module pcl_dma_read #(
  parameter int unsigned READERS = 5,
  parameter int unsigned DATA_WIDTH = 512,
  parameter int unsigned ID_BITS = 3
) (
  input  logic                    clk_i,
  input  logic                    rst_i,

  input  logic [READERS-1:0]      ask_valid_i,
  output logic [READERS-1:0]      ask_ready_o,
  input  logic [READERS*64-1:0]   ask_address_i,
  input  logic [READERS*9-1:0]    ask_beats_i,       // 1 to 256
  output logic [READERS-1:0]      read_valid_o,
  input  logic [READERS-1:0]      read_ready_i,
  output logic [DATA_WIDTH-1:0]   read_data_o,
  output logic                    read_error_o,

  output logic [ID_BITS-1:0]      m_axi_arid_o,
  output logic [63:0]             m_axi_araddr_o,
  output logic [7:0]              m_axi_arlen_o,
  output logic                    m_axi_arvalid_o,
  input  logic                    m_axi_arready_i,
  input  logic [ID_BITS-1:0]      m_axi_rid_i,
  input  logic [DATA_WIDTH-1:0]   m_axi_rdata_i,
  input  logic [1:0]              m_axi_rresp_i,
  input  logic                    m_axi_rvalid_i,
  output logic                    m_axi_rready_o
);

  logic               free;
  logic [READERS-1:0] first;
  assign free = !m_axi_arvalid_o || m_axi_arready_i;
  assign first = ask_valid_i & (~ask_valid_i + 1'b1);
  assign ask_ready_o = free ? first : '0;

  always_ff @(posedge clk_i) begin
    if (free) begin
      m_axi_arvalid_o <= ask_valid_i != '0;
      for (int unsigned r = 0; r < READERS; r++) begin
        if (first[r]) begin
          m_axi_arid_o   <= ID_BITS'(r);
          m_axi_araddr_o <= ask_address_i[r*64+:64];
          m_axi_arlen_o  <= 8'(ask_beats_i[r*9+:9] - 9'd1);
        end
      end
    end
    if (rst_i) m_axi_arvalid_o <= 1'b0;
  end

  always_comb begin
    m_axi_rready_o = 1'b0;
    for (int unsigned r = 0; r < READERS; r++) begin
      read_valid_o[r] = m_axi_rvalid_i && m_axi_rid_i == ID_BITS'(r);
      if (m_axi_rid_i == ID_BITS'(r)) m_axi_rready_o = read_ready_i[r];
    end
  end
  assign read_data_o = m_axi_rdata_i;
  assign read_error_o = m_axi_rresp_i[1];

  `PCL_ASSERT(AddressHolds, $past(!rst_i && m_axi_arvalid_o && !m_axi_arready_i) -> m_axi_arvalid_o &&
    {m_axi_araddr_o, m_axi_arlen_o, m_axi_arid_o} == $past({m_axi_araddr_o, m_axi_arlen_o, m_axi_arid_o}))
  `PCL_ASSERT(WithinFourKibibytes, m_axi_arvalid_o -> 13'(m_axi_araddr_o[11:0]) + (13'(m_axi_arlen_o) + 13'd1) * 13'(DATA_WIDTH / 8) <= 13'd4096)
  `PCL_ASSUME(KnownId, m_axi_rvalid_i -> 32'(m_axi_rid_i) < READERS)
  logic unused;
  assign unused = m_axi_rresp_i[0];

endmodule
