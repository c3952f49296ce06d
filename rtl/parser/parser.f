engine/pcl_pkg.sv
parser/pcl_parser_pkg.sv
parser/pcl_parser_window.sv
parser/pcl_parser_walk.sv
parser/pcl_parser.sv
