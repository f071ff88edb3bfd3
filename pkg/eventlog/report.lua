-- Marks a lane as torn if it has lost the entry that a reader had read.
if tear then
  add()
  finish()
end
return last
