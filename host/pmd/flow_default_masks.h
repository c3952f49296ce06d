/* The masks that items without one have. rte_flow.h defines them for C only; flow_default_masks.c hands them on. */
#ifndef PORTCULLIS_PMD_FLOW_DEFAULT_MASKS_H
#define PORTCULLIS_PMD_FLOW_DEFAULT_MASKS_H

#include <rte_flow.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pcl_flow_default_masks {
  struct rte_flow_item_eth eth;
  struct rte_flow_item_vlan vlan;
  struct rte_flow_item_ipv4 ipv4;
  struct rte_flow_item_ipv6 ipv6;
  struct rte_flow_item_tcp tcp;
  struct rte_flow_item_udp udp;
  struct rte_flow_item_sctp sctp;
  struct rte_flow_item_icmp icmp;
  struct rte_flow_item_icmp6 icmp6;
  struct rte_flow_item_ethdev ethdev;
};

/* Valid as long as the program runs. */
const struct pcl_flow_default_masks* pcl_flow_default_masks(void);

#ifdef __cplusplus
}
#endif

#endif
