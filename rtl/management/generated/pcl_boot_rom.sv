// Generated from firmware/boot/boot.S by scripts/generate-boot-rom.py. Do not edit.
// Boot ROM of the management processor. In: a word's number. Out: the word, a clock later; 0 behind the last one.
module pcl_boot_rom (
  input  logic        clk_i,
  input  logic [7:0]  word_i,
  output logic [31:0] data_o
);

  always_ff @(posedge clk_i) begin
    case (word_i)
      8'd0: data_o <= 32'h00020437;
      8'd1: data_o <= 32'h00042423;
      8'd2: data_o <= 32'h00002283;
      8'd3: data_o <= 32'h464C4337;
      8'd4: data_o <= 32'h35030313;
      8'd5: data_o <= 32'h04629E63;
      8'd6: data_o <= 32'h00402383;
      8'd7: data_o <= 32'h01800E13;
      8'd8: data_o <= 32'h05C3E863;
      8'd9: data_o <= 32'h00008E37;
      8'd10: data_o <= 32'h047E6463;
      8'd11: data_o <= 32'h0033FE93;
      8'd12: data_o <= 32'h040E9063;
      8'd13: data_o <= 32'hFFF00F13;
      8'd14: data_o <= 32'h01E42823;
      8'd15: data_o <= 32'hFFC38393;
      8'd16: data_o <= 32'h00000F93;
      8'd17: data_o <= 32'h000FAE83;
      8'd18: data_o <= 32'h01D42A23;
      8'd19: data_o <= 32'h004F8F93;
      8'd20: data_o <= 32'hFE7FEAE3;
      8'd21: data_o <= 32'h01042E83;
      8'd22: data_o <= 32'hFFFECE93;
      8'd23: data_o <= 32'h0003AF03;
      8'd24: data_o <= 32'h01EE9C63;
      8'd25: data_o <= 32'h00042423;
      8'd26: data_o <= 32'h00802283;
      8'd27: data_o <= 32'h00028067;
      8'd28: data_o <= 32'h00200513;
      8'd29: data_o <= 32'h0080006F;
      8'd30: data_o <= 32'h00300513;
      8'd31: data_o <= 32'h00A42023;
      8'd32: data_o <= 32'h00042423;
      8'd33: data_o <= 32'hFFDFF06F;
      default: data_o <= '0;
    endcase
  end

endmodule
