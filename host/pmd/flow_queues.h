// rte_flow's asynchronous calls: templates, tables, and queues of changes. Changes gather in a queue until push or
// pull; all of them together are one flip.
#pragma once

#include <rte_flow_driver.h>

#include "pmd/port.h"

namespace portcullis::pmd {

/// Puts all changes that wait in a port's flow queues into force, under the adapter's lock, when no image is on its way
/// through the mailbox (Adapter::rules_to_change).
void push_all(Port& port);
/// A rule of a template table is gone.
void leave_table(rte_flow_template_table* table);

/// Adds the asynchronous operations.
void add_queue_operations(rte_flow_ops& operations);

}  // namespace portcullis::pmd
