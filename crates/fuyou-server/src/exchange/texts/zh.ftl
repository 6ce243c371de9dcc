export-file = 导出 { $format }
export-long = 行数较多，导出在后台进行，可离开页面，完成后在“后台任务”下载。
