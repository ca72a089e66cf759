-- From the report's markup to calls of the functions in report.typ.
-- Text is escaped by pandoc's own writer; only names, numbers and quoted strings are written here.

local PAGE, LANDSCAPE = 453, 700 -- text width in points
local SIZES = { 9, 8.5, 8, 7.5, 7, 6.5, 6 }
local KEPT = 14 -- a table of so many rows is not broken over pages
local GAP = 1.5 -- space between two columns, in em

local function typ(text) return pandoc.RawBlock("typst", text) end
local function inl(text) return pandoc.RawInline("typst", text) end

local function quoted(text)
  return '"' .. text:gsub("[\\\"]", "\\%0"):gsub("[%c]", " ") .. '"'
end

local function label(id) return id ~= "" and (" #label(" .. quoted(id) .. ")") or "" end

local function between(open, blocks, close)
  local all = pandoc.Blocks({ typ(open) })
  all:extend(blocks)
  all:insert(typ(close))
  return all
end

local function is_wide(code) return code >= 0x2E80 and code < 0x10000 or code >= 0x20000 end
local function is_mark(code)
  return code >= 0x3000 and code <= 0x303F or code >= 0xFF00 and code <= 0xFFEF
end

-- Typst would make three dots one character.
function Str(str)
  if str.text:find("...", 1, true) then return inl("#" .. quoted(str.text) .. ";") end
end

-- A Chinese paragraph's last characters stay together: no line of one or two.
function Para(para)
  local last = para.content[#para.content]
  if not last or last.t ~= "Str" then return end
  local codes = {}
  for _, code in utf8.codes(last.text) do table.insert(codes, code) end
  local start = #codes - 3
  while start > 1 and (is_mark(codes[start]) or is_mark(codes[start - 1])) do start = start - 1 end
  if start < 8 or #codes - start > 8 then return end
  for i = start - 1, #codes do
    if not is_wide(codes[i]) then return end
  end
  para.content[#para.content] = pandoc.Str(utf8.char(table.unpack(codes, 1, start - 1)))
  para.content:insert(inl("#box["))
  para.content:insert(pandoc.Str(utf8.char(table.unpack(codes, start))))
  para.content:insert(inl("]"))
  return para
end

-- How wide is text, in em? Returns the whole line and the longest part that cannot be broken.
local function measure(text)
  local line, part, longest = 0, 0, 0
  for _, code in utf8.codes(text) do
    local wide = is_wide(code)
    local width = wide and 1 or (code >= 0x41 and code <= 0x5A) and 0.66 or 0.57
    line = line + width
    if code == 0x20 or wide then
      longest, part = math.max(longest, part), wide and 1 or 0
      longest = math.max(longest, part)
      if wide then part = 0 end
    else
      part = part + width
    end
  end
  return line, math.max(longest, part)
end

local function style_of(cell, name)
  local style = ";" .. (cell.attr.attributes.style or "") .. ";"
  return style:match("[;%s]" .. name:gsub("%-", "%%-") .. ":%s*([^;]+)")
end

local function side(cell)
  for _, name in ipairs({ "right", "center", "left" }) do
    if cell.attr.classes:includes("gt_" .. name) then return name end
  end
  local given = tostring(cell.alignment):match("Align(%a+)")
  return ({ Right = "right", Center = "center", Left = "left" })[given] or "left"
end

-- Walk the rows of a table and hand every cell over with its first column.
local function each_cell(rows, visit)
  local taken = {}
  for r, row in ipairs(rows) do
    local column = 1
    for _, cell in ipairs(row.cells) do
      while (taken[column] or 0) >= r do column = column + 1 end
      for c = column, column + cell.col_span - 1 do taken[c] = r + cell.row_span - 1 end
      visit(cell, column, r)
      column = column + cell.col_span
    end
  end
end

-- Width of a cell's content: a frame round a word (rating, badge) takes two more em.
local function measure_cell(cell)
  local line, word = measure(pandoc.utils.stringify(cell.contents))
  local framed = false
  pandoc.Div(cell.contents):walk({ RawInline = function() framed = true end })
  if framed then line, word = line + 2, line + 2 end
  return line, word
end

-- Natural and least width of every column, in em. Numbers and short words are not broken.
local function widths(count, parts)
  local natural, least = {}, {}
  for c = 1, count do natural[c], least[c] = 1, 1 end
  for _, part in ipairs(parts) do
    each_cell(part.rows, function(cell, c)
      if cell.col_span > 1 then return end
      local line, word = measure_cell(cell)
      local need = math.min(math.max(word, math.min(line, 6.5)), 16)
      if part.head then
        need, line = word <= 1 and math.min(line, 6) or word, math.min(line, 8)
      elseif side(cell) == "right" then
        need = line
      end
      least[c], natural[c] = math.max(least[c], need), math.max(natural[c], line)
    end)
  end
  for c = 1, count do natural[c] = math.max(natural[c], least[c]) end
  return natural, least
end

local function sum(list)
  local total = 0
  for _, value in ipairs(list) do total = total + value end
  return total
end

-- The largest type in which every column gets its least width; landscape when the page is too narrow.
local function fit(natural, least)
  local gaps = GAP * #least
  local ample = math.min(sum(natural), sum(least) * 1.4) + gaps
  for _, size in ipairs(SIZES) do
    if size >= 7.5 and ample * size <= PAGE then return size, PAGE end
  end
  local wish = math.min(sum(natural), sum(least) * 1.05) + gaps
  for _, width in ipairs({ PAGE, LANDSCAPE }) do
    for _, size in ipairs(SIZES) do
      if size >= 6.5 and wish * size <= width then return size, width end
    end
  end
  local need = sum(least) + gaps
  for _, size in ipairs(SIZES) do
    if need * size <= LANDSCAPE then return size, LANDSCAPE end
  end
  return math.floor(LANDSCAPE / need * 100) / 100, LANDSCAPE
end

local function columns(natural, least, size, width)
  local room = width / size - GAP * #least
  local spare = room - sum(natural)
  local out = {}
  for c = 1, #least do
    local em
    if spare >= 0 then
      em = natural[c] + spare / #least
    else
      local slack = sum(natural) - sum(least)
      local share = slack > 0 and (natural[c] - least[c]) / slack or 0
      em = least[c] + (room - sum(least)) * share
    end
    out[c] = string.format("%.3ffr", em + GAP)
  end
  return "(" .. table.concat(out, ", ") .. ",)"
end

local function cell_call(cell, head)
  local args = { "align: " .. side(cell) .. " + " .. (head and "bottom" or "top") }
  if cell.col_span > 1 then table.insert(args, "colspan: " .. cell.col_span) end
  if cell.row_span > 1 then table.insert(args, "rowspan: " .. cell.row_span) end
  local fill = (style_of(cell, "background-color") or ""):match("^#%x%x%x%x%x%x$")
  if fill then table.insert(args, 'fill: rgb("' .. fill .. '")') end
  if #pandoc.utils.stringify(cell.contents) > 1500 then table.insert(args, "breakable: true") end
  local kind = head and "head" or cell.attr.classes:includes("gt_group_heading") and "group" or "text"
  if (style_of(cell, "font-weight") or ""):match("bold") then kind = "strong" end
  local ink = (style_of(cell, "color") or ""):match("^#%x%x%x%x%x%x$")
  local colour = ink and (', ink: rgb("' .. ink .. '")') or ""
  if head and cell.col_span > 1 then table.insert(args, "stroke: (bottom: 0.4pt + line)") end
  return "table.cell(" .. table.concat(args, ", ") .. ", kh-cell(" .. quoted(kind) .. colour .. ")["
end

local function cells(rows, head)
  local out = pandoc.Blocks({})
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      out:extend(between(cell_call(cell, head), cell.contents, "]),"))
    end
  end
  return out
end

function Table(tbl)
  local body = pandoc.List({})
  for _, part in ipairs(tbl.bodies) do
    body:extend(part.head)
    body:extend(part.body)
  end
  local foot = tbl.foot.rows
  local natural, least = widths(#tbl.colspecs, { { rows = tbl.head.rows, head = true }, { rows = body } })
  local size, width = fit(natural, least)
  local out = pandoc.Blocks({ typ(string.format("#kh-table(size: %gpt, wide: %s, rows: %d, columns: %s, heads: %d, head: (",
    size, tostring(width > PAGE), #body, columns(natural, least, size, width), #tbl.head.rows)) })
  out:extend(cells(tbl.head.rows, true))
  out:insert(typ("), body: ("))
  out:extend(cells(body, false))
  out:insert(typ("), foot: ["))
  for _, row in ipairs(foot) do
    for _, cell in ipairs(row.cells) do out:extend(cell.contents) end
  end
  out:insert(typ("])"))
  return out
end

local SIMPLE = {
  caption = "caption", subtitle = "subtitle", source = "source", note = "note", warning = "warning",
  decisions = "decisions", findings = "findings", card = "card", tile = "tile",
  ["tile-label"] = "tile-label", ["tile-value"] = "tile-value", ["tile-note"] = "tile-note",
}

-- Definition lists in a card are its facts, elsewhere a glossary.
local function as_facts(raw)
  if raw.text == "#kh-terms(" then return typ("#kh-facts(") end
end

function Div(div)
  if div.classes:includes("tiles") then
    return between("#kh-tiles(", div.content, ")" .. label(div.identifier))
  end
  if div.classes:includes("table") then
    local wide, keep = false, false
    div:walk({ RawBlock = function(raw)
      wide = wide or raw.text:match("^#kh%-table.*wide: true") ~= nil
      keep = keep or tonumber(raw.text:match("^#kh%-table.*rows: (%d+)") or KEPT + 1) <= KEPT
    end })
    local open = string.format("#kh-exhibit(wide: %s, keep: %s)[", tostring(wide), tostring(keep))
    return between(open, div.content, "]" .. label(div.identifier))
  end
  if div.classes:includes("cards") then return between("#kh-cards(", div.content, ")") end
  for _, class in ipairs(div.classes) do
    if class == "tile" or class == "cell" then return between("[", div.content, "],") end
    if class == "bar" then
      local share = tonumber((div.attributes.style or ""):match("%-%-share:%s*([%d.]+)")) or 0
      return between(string.format("#kh-bar(%g)[", math.min(share, 1)), div.content, "]")
    end
    if class == "card" then div = div:walk({ RawBlock = as_facts }) end
    if SIMPLE[class] then
      return between("#kh-" .. SIMPLE[class] .. "[", div.content, "]" .. label(div.identifier))
    end
  end
  return div.content
end

function Figure(figure)
  local out = between("#kh-figure(caption: [", figure.caption.long, "])[")
  out:extend(figure.content)
  out:insert(typ("]" .. label(figure.identifier)))
  return out
end

function Image(image)
  local alt = pandoc.utils.stringify(image.caption)
  local call = image.classes:includes("chart") and "kh-chart" or "kh-inline"
  return inl("#" .. call .. "(" .. quoted(image.src) .. ", " .. quoted(alt) .. ")")
end

function Span(span)
  for _, class in ipairs({ "rag", "badge", "label", "bar" }) do
    if span.classes:includes(class) then
      local tone = span.classes:find_if(function(c) return c:match("^rag%-") end)
      local open = class == "rag" and ("#kh-rag(" .. quoted((tone or "rag-"):sub(5)) .. ")[") or ("#kh-" .. class .. "[")
      local all = pandoc.Inlines({ inl(open) })
      all:extend(span.content)
      all:insert(inl("]"))
      return all
    end
  end
  return span.content
end

function DefinitionList(list)
  local out = pandoc.Blocks({ typ("#kh-terms(") })
  for _, item in ipairs(list.content) do
    out:extend(between("([", { pandoc.Plain(item[1]) }, "], ["))
    for _, text in ipairs(item[2]) do out:extend(text) end
    out:insert(typ("]),"))
  end
  out:insert(typ(")"))
  return out
end
