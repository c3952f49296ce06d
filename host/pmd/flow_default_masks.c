#include "pmd/flow_default_masks.h"

const struct pcl_flow_default_masks* pcl_flow_default_masks(void) {
  static struct pcl_flow_default_masks masks;
  masks.eth = rte_flow_item_eth_mask;
  masks.vlan = rte_flow_item_vlan_mask;
  masks.ipv4 = rte_flow_item_ipv4_mask;
  masks.ipv6 = rte_flow_item_ipv6_mask;
  masks.tcp = rte_flow_item_tcp_mask;
  masks.udp = rte_flow_item_udp_mask;
  masks.sctp = rte_flow_item_sctp_mask;
  masks.icmp = rte_flow_item_icmp_mask;
  masks.icmp6 = rte_flow_item_icmp6_mask;
  masks.ethdev = rte_flow_item_ethdev_mask;
  return &masks;
}
