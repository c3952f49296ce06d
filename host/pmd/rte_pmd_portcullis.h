/* What the driver net_portcullis does beyond ethdev and rte_flow: whole policies, their counters, and where a wire's
 * packets go. For C and C++. Calls may come from any thread. */
#ifndef RTE_PMD_PORTCULLIS_H
#define RTE_PMD_PORTCULLIS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where permitted packets of a port's wire go, unless a rule names another place. */
enum rte_pmd_portcullis_mode {
  RTE_PMD_PORTCULLIS_ENDPOINT, /* to the port's receive queues */
  RTE_PMD_PORTCULLIS_BUMP,     /* bump in the wire: out of the NIC's other wire, past the host */
};

/* Sets the mode of a port, from the next packet on. 0, -ENODEV for a port of another driver, -EINVAL, -EIO. */
int rte_pmd_portcullis_set_mode(uint16_t port_id, enum rte_pmd_portcullis_mode mode);

/* Puts a table image (what `portcullis compile` writes), `bytes` long, into force on the NIC of a port in place of the
 * one before, between the flow rules of smaller and of larger priorities: one flip, no packet is lost, and every packet
 * meets either the old policy or the new one. If it fails, the old one stays in force; the reason is logged. Where
 * management firmware answers and there are no flow rules, the firmware loads it, after checks of its own and the
 * image's self-test; its refusal is logged in its words, and -EIO. That takes milliseconds, in which other threads go on
 * with the ports, and calls that change flow rules wait.
 * 0, -ENODEV, -EINVAL for what is no image or one for another geometry, -ENOSPC beside flow rules that leave no room,
 * -EIO. */
int rte_pmd_portcullis_load(uint16_t port_id, const void *image, size_t bytes);

/* An entry of the image in force. Strings end with 0 and may be cut. */
struct rte_pmd_portcullis_entry {
  char rule[64];      /* a hand-written rule's name, or document:line */
  char document[128]; /* empty for built-in entries */
  char service[64];
  uint32_t line; /* 0 for built-in entries */
  int permit;
  uint64_t packets, bytes; /* decided by it since the first image that had it, whatever was loaded meanwhile */
};

/* Entries of the image in force, by number from 0 on. Their count, -ENODEV; 0, -ENODEV, -EINVAL, -EIO. */
int rte_pmd_portcullis_count_entries(uint16_t port_id);
int rte_pmd_portcullis_get_entry(uint16_t port_id, unsigned number, struct rte_pmd_portcullis_entry *entry);

/* Everything that came in by the NIC's wires: the sum of what is told here and of the entries is all of it. Flow rules
 * have counters of their own. */
struct rte_pmd_portcullis_totals {
  uint64_t received;                                 /* frames, bad ones included */
  uint64_t bad;                                      /* marked bad by the MAC, or too long: no verdict */
  uint64_t forwarded, dropped;                       /* by verdict */
  uint64_t default_action;                           /* no rule matched */
  uint64_t malformed;                                /* headers that are no headers */
  uint64_t removed_entries, removed_entries_dropped; /* decided by entries that no image in force has any more */
};

/* 0, -ENODEV, -EIO. */
int rte_pmd_portcullis_get_totals(uint16_t port_id, struct rte_pmd_portcullis_totals *totals);

#ifdef __cplusplus
}
#endif

#endif
