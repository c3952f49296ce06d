// A page as an HTML parser sees it (gumbo, the parser of HTML5), so that tests ask for elements and not for strings.
#pragma once

#include <fmt/format.h>
#include <gumbo.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::report {

class Element {
 public:
  explicit Element(const GumboNode* node) : node_(node) {}

  std::string tag() const {
    const GumboElement& e = node_->v.element;
    if (e.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(e.tag);
    GumboStringPiece name = e.original_tag;
    gumbo_tag_from_original_text(&name);
    return {name.data, name.length};
  }
  /// Empty where there is none.
  std::string attribute(const char* name) const {
    const GumboAttribute* found = gumbo_get_attribute(&node_->v.element.attributes, name);
    return found == nullptr ? std::string() : std::string(found->value);
  }
  std::vector<std::pair<std::string, std::string>> attributes() const {
    std::vector<std::pair<std::string, std::string>> out;
    const GumboVector& all = node_->v.element.attributes;
    for (unsigned i = 0; i < all.length; ++i) {
      const auto* item = static_cast<const GumboAttribute*>(all.data[i]);
      out.emplace_back(item->name, item->value);
    }
    return out;
  }
  bool has_class(std::string_view name) const {
    return fmt::format(" {} ", attribute("class")).find(fmt::format(" {} ", name)) != std::string::npos;
  }
  std::string text() const {
    std::string out;
    collect(node_, out);
    return out;
  }
  std::vector<Element> children() const {
    std::vector<Element> out;
    const GumboVector& all = node_->v.element.children;
    for (unsigned i = 0; i < all.length; ++i) {
      const auto* child = static_cast<const GumboNode*>(all.data[i]);
      if (child->type == GUMBO_NODE_ELEMENT) out.emplace_back(child);
    }
    return out;
  }
  /// This element and all below it that meet the condition, in the order of the page.
  std::vector<Element> all(const std::function<bool(const Element&)>& wanted) const {
    std::vector<Element> out;
    if (wanted(*this)) out.push_back(*this);
    for (const Element& child : children()) {
      const std::vector<Element> below = child.all(wanted);
      out.insert(out.end(), below.begin(), below.end());
    }
    return out;
  }
  std::vector<Element> tagged(std::string_view tag) const {
    return all([tag](const Element& e) { return e.tag() == tag; });
  }
  std::vector<Element> classed(std::string_view name) const {
    return all([name](const Element& e) { return e.has_class(name); });
  }

 private:
  static void collect(const GumboNode* node, std::string& out) {
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA) {
      out += node->v.text.text;
    } else if (node->type == GUMBO_NODE_ELEMENT) {
      const GumboVector& all = node->v.element.children;
      for (unsigned i = 0; i < all.length; ++i) collect(static_cast<const GumboNode*>(all.data[i]), out);
    }
  }

  const GumboNode* node_;
};

class Dom {
 public:
  explicit Dom(std::string html)
      : html_(std::move(html)), output_(gumbo_parse_with_options(&kGumboDefaultOptions, html_.data(), html_.size())) {}
  Dom(const Dom&) = delete;
  Dom& operator=(const Dom&) = delete;
  ~Dom() { gumbo_destroy_output(&kGumboDefaultOptions, output_); }

  Element root() const { return Element(output_->root); }
  std::size_t errors() const { return output_->errors.length; }
  const std::string& html() const { return html_; }

  /// The one element with this id; fails loudly where there is none.
  Element by_id(const std::string& id) const {
    const auto found = root().all([&id](const Element& e) { return e.attribute("id") == id; });
    if (found.size() != 1) {
      throw std::runtime_error(fmt::format("the page has {} elements with the id {}", found.size(), id));
    }
    return found.front();
  }

 private:
  std::string html_;
  GumboOutput* output_;
};

}  // namespace portcullis::report
