# Reads an .xdc with stand-ins for the vendor's commands: Tcl syntax, the options of each command, how many arguments they take, and the values where there are
# few. Prints what is named, for check_xdc.py: "port PATTERN", "cell PATTERN". Exit 1 with a message and the line where something is wrong.
#   tclsh check_xdc.tcl FILE.xdc
# Commands and options after AMD UG835 and UG903; only those that our files use.

# options: name -> number of values; positional: least and most.
proc command_of {name options least most body} {
  proc $name {args} [string map [list %NAME $name %OPTIONS $options %LEAST $least %MOST $most %BODY $body] {
    set allowed {%OPTIONS}
    set given [dict create]
    set rest [list]
    for {set i 0} {$i < [llength $args]} {incr i} {
      set word [lindex $args $i]
      if {[string match -* $word] && ![string is double $word]} {
        if {![dict exists $allowed $word]} { error "%NAME has no option $word" }
        set count [dict get $allowed $word]
        if {$i + $count >= [llength $args]} { error "%NAME: option $word needs $count value(s)" }
        dict set given $word [lrange $args [expr {$i + 1}] [expr {$i + $count}]]
        incr i $count
      } else {
        lappend rest $word
      }
    }
    if {[llength $rest] < %LEAST || [llength $rest] > %MOST} { error "%NAME takes %LEAST to %MOST arguments, not [llength $rest]: $rest" }
    %BODY
  }]
}
proc positive {name value} {
  if {![string is double -strict $value] || $value <= 0} { error "$name: $value is no positive number" }
}

set clocks [list]
set pblocks [list]
command_of get_ports {} 1 1 { foreach p [lindex $rest 0] { puts "port $p" }; return "PORT [lindex $rest 0]" }
command_of get_cells {} 1 1 { foreach p [lindex $rest 0] { puts "cell $p" }; return "CELL [lindex $rest 0]" }
command_of get_clocks {-include_generated_clocks 0} 1 1 {
  if {[lindex $rest 0] ni $::clocks} { error "clock [lindex $rest 0] has not been created" }
  return "CLOCK [lindex $rest 0]"
}
command_of get_pblocks {} 1 1 {
  if {[lindex $rest 0] ni $::pblocks} { error "pblock [lindex $rest 0] has not been created" }
  return "PBLOCK [lindex $rest 0]"
}
command_of create_clock {-name 1 -period 1 -waveform 1 -add 0} 1 1 {
  if {![dict exists $given -name] || ![dict exists $given -period]} { error "create_clock needs -name and -period" }
  positive create_clock [lindex [dict get $given -period] 0]
  lappend ::clocks [lindex [dict get $given -name] 0]
}
command_of set_clock_uncertainty {-setup 0 -hold 0} 2 2 { positive set_clock_uncertainty [lindex $rest 0] }
command_of set_clock_groups {-asynchronous 0 -physically_exclusive 0 -logically_exclusive 0 -name 1 -group 1} 0 0 {
  if {![dict exists $given -group]} { error "set_clock_groups needs -group" }
}
command_of set_false_path {-from 1 -to 1 -through 1 -setup 0 -hold 0} 0 0 {
  if {![dict exists $given -from] && ![dict exists $given -to]} { error "set_false_path needs -from or -to" }
}
command_of create_pblock {} 1 1 { lappend ::pblocks [lindex $rest 0] }
command_of add_cells_to_pblock {-clear_locs 0} 2 2 {
  if {![string match PBLOCK* [lindex $rest 0]] || ![string match CELL* [lindex $rest 1]]} { error "add_cells_to_pblock takes a pblock and cells" }
}
command_of resize_pblock {-add 1 -remove 1} 1 1 {
  foreach range [dict get $given -add] {
    if {![regexp {^(SLR[0-3]|CLOCKREGION_X\d+Y\d+(:CLOCKREGION_X\d+Y\d+)?)$} $range]} { error "resize_pblock: $range is no range of sites" }
  }
}
command_of set_property {} 3 3 {
  lassign $rest property value
  set values [dict create ASYNC_REG {^TRUE$} IS_SOFT {^(TRUE|FALSE)$} USER_SLR_ASSIGNMENT {^SLR[0-3]$} MAX_FANOUT {^\d+$}]
  if {![dict exists $values $property]} { error "set_property: $property is not a property that is known here" }
  if {![regexp [dict get $values $property] $value]} { error "set_property: $value is no value of $property" }
}

# Line by line, as complete commands, so that a message has its line.
set file [open [lindex $argv 0]]
set text ""
set number 0
while {[gets $file line] >= 0} {
  incr number
  if {$text eq ""} { set start $number }
  append text $line \n
  if {![info complete $text]} continue
  if {[catch {uplevel #0 $text} message]} {
    puts stderr "[lindex $argv 0]:$start: $message"
    exit 1
  }
  set text ""
}
if {$text ne ""} {
  puts stderr "[lindex $argv 0]:$start: a brace, bracket or quote is not closed"
  exit 1
}
